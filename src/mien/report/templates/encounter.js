"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const { start, end, step, clips, said } = JSON.parse(byId("player-data").textContent);
  const videos = [];
  for (const [role, begins] of Object.entries(clips)) {
    const video = byId("video-" + role);
    // the video stands in the page as text; a blob can be sought in by every browser
    const coded = atob(byId("clip-" + role).textContent);
    const bytes = new Uint8Array(coded.length);
    for (let k = 0; k < coded.length; k++) bytes[k] = coded.charCodeAt(k);
    video.src = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
    videos.push({ video, begins });
  }

  let now = start, playing = false, speed = 1, last = 0;
  const clamp = (time) => Math.max(start, Math.min(end, time));
  const words = (time) => {
    const whole = Math.floor(Math.abs(time) + 1e-6);
    return (time < 0 ? "\u2212" : "") + Math.floor(whole / 60) + ":" + String(whole % 60).padStart(2, "0");
  };
  const draw = () => {
    const place = (100 * (now - start)) / (end - start) + "%";
    for (const cursor of document.querySelectorAll(".cursor")) cursor.style.left = place;
    const clock = byId("clock");
    if (clock) clock.textContent = said.clock.replace("NOW", words(now)).replace("END", words(end));
  };

  // both videos follow one clock, each with its own beginning on it
  const follow = (force) => {
    for (const { video, begins } of videos) {
      const wanted = now - begins;
      const inside = wanted >= 0 && !(wanted > video.duration);
      video.style.opacity = inside ? 1 : 0.25;
      if (!inside) { video.pause(); continue; }
      const off = Math.abs(video.currentTime - wanted);
      if (force ? off > 0.001 : off > 0.12) video.currentTime = wanted;
      video.playbackRate = speed;
      if (playing && video.paused) video.play().catch(() => {});
      if (!playing && !video.paused) video.pause();
    }
  };
  const tick = (time) => {
    if (!playing) return;
    now = clamp(now + (speed * (time - last)) / 1000);
    last = time;
    if (now >= end) playing = false;
    follow(false);
    draw();
    label();
    if (playing) requestAnimationFrame(tick);
  };
  const label = () => { const play = byId("play"); if (play) play.textContent = playing ? said.pause : said.play; };
  const seek = (time) => { now = clamp(time); follow(true); draw(); };
  const toggle = () => {
    if (!playing && now >= end) now = start;
    playing = !playing;
    follow(true);
    label();
    if (playing) requestAnimationFrame((time) => { last = time; tick(time); });
  };

  if (byId("play")) {
    byId("play").addEventListener("click", toggle);
    byId("back").addEventListener("click", () => seek(now - step));
    byId("forward").addEventListener("click", () => seek(now + step));
    byId("speed").addEventListener("change", (event) => { speed = Number(event.target.value); follow(false); });
  }
  for (const plot of document.querySelectorAll(".plot")) {
    plot.addEventListener("click", (event) => {
      const box = plot.getBoundingClientRect();
      seek(start + ((event.clientX - box.left) / box.width) * (end - start));
    });
  }
  for (const button of document.querySelectorAll("button.seek")) {
    button.addEventListener("click", () => {
      seek(Number(button.dataset.time));
      if (button.dataset.jump) byId("player").scrollIntoView({ block: "start" });
    });
  }
  document.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const inside = event.target === document.body || byId("player").contains(event.target);
    if (!way || !inside || event.altKey || event.ctrlKey || event.metaKey || event.target.tagName === "SELECT") return;
    event.preventDefault();
    seek(now + way * step * (event.shiftKey ? 10 : 1));
  });
  for (const { video } of videos) video.addEventListener("loadeddata", () => follow(true));
  draw();
})();
