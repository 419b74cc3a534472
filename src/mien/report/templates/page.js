"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const { times, frames, last, words } = JSON.parse(byId("frames").textContent);
  const video = byId("video"), charts = byId("charts"), cursor = byId("cursor");
  const dark = matchMedia("(prefers-color-scheme: dark)");

  // the video stands in the page as text; a blob can be sought in by every browser
  if (video) {
    const coded = atob(byId("clip").textContent);
    const bytes = new Uint8Array(coded.length);
    for (let k = 0; k < coded.length; k++) bytes[k] = coded.charCodeAt(k);
    video.src = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
  }

  // number of the frame that is shown at a time
  const frameAt = (time) => {
    let low = 0, high = times.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (times[middle] <= time + 1e-4) low = middle; else high = middle - 1;
    }
    return low;
  };

  const seek = (frame) => {
    if (!video || !times.length) return;
    const at = Math.max(0, Math.min(times.length - 1, frame));
    video.pause();
    // the middle of the frame's time, so that rounding cannot give its neighbour
    video.currentTime = at + 1 < times.length ? (times[at] + times[at + 1]) / 2 : times[at] + 0.001;
  };
  const nearest = (time) => {
    const at = frameAt(time);
    return at + 1 < times.length && times[at + 1] - time < time - times[at] ? at + 1 : at;
  };

  const show = (time) => {
    if (!times.length) return;
    const at = frameAt(time);
    byId("clock").textContent = words.clock.replace("TIME", times[at].toFixed(3).replace(".", words.point))
      .replace("FRAME", frames[at]).replace("LAST", last);
    const layout = charts && charts._fullLayout;
    if (!layout || !layout.xaxis) return;
    const axis = layout.xaxis, size = layout._size;
    const x = axis.l2p(times[at]);
    cursor.style.display = x >= 0 && x <= axis._length ? "block" : "none";
    cursor.style.left = axis._offset + x - 1 + "px";
    cursor.style.top = size.t + "px";
    cursor.style.height = layout.height - size.t - size.b + "px";
  };

  const now = () => show(video.currentTime);
  if (video) {
    const follow = () => {
      now();
      if (!video.paused) requestAnimationFrame(follow);
    };
    const label = () => { byId("play").textContent = video.paused ? words.play : words.pause; };
    video.addEventListener("play", () => { label(); follow(); });
    video.addEventListener("pause", () => { label(); now(); });
    for (const name of ["seeked", "loadeddata", "timeupdate"]) video.addEventListener(name, now);
    const current = () => frameAt(video.currentTime);
    byId("back").addEventListener("click", () => seek(current() - 1));
    byId("forward").addEventListener("click", () => seek(current() + 1));
    byId("play").addEventListener("click", () => { if (video.paused) video.play(); else video.pause(); });
    byId("speed").addEventListener("change", (event) => { video.playbackRate = Number(event.target.value); });
    document.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const inside = event.target === document.body || byId("player").contains(event.target);
      if (!step || !inside || event.altKey || event.ctrlKey || event.metaKey || event.target.tagName === "SELECT") return;
      event.preventDefault();
      event.stopPropagation();
      seek(current() + step * (event.shiftKey ? 10 : 1));
    }, true);
    for (const button of document.querySelectorAll("button.seek")) {
      button.addEventListener("click", () => {
        seek(nearest(Number(button.dataset.time)));
        byId("player").scrollIntoView({ block: "start" });
      });
    }
  }

  if (charts && window.Plotly) {
    const figure = JSON.parse(byId("figure").textContent);
    const colours = () => {
      const style = getComputedStyle(document.documentElement);
      const text = style.getPropertyValue("--text").trim(), line = style.getPropertyValue("--line").trim();
      const ground = style.getPropertyValue("--card").trim();
      const changes = { "font.color": text, "hoverlabel.bgcolor": ground, "hoverlabel.font.color": text };
      for (const name of Object.keys(figure.layout)) {
        if (/^[xy]axis/.test(name)) changes[name + ".gridcolor"] = line;
      }
      return changes;
    };
    const options = { responsive: true, displaylogo: false, modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]] };
    Plotly.newPlot(charts, figure.data, figure.layout, options)
      .then(() => Plotly.relayout(charts, colours()))
      .then(() => {
        if (!video) return;
        charts.on("plotly_click", (event) => seek(nearest(event.points[0].x)));
        charts.on("plotly_afterplot", now);
        now();
      });
    dark.addEventListener("change", () => Plotly.relayout(charts, colours()));
  }
})();
