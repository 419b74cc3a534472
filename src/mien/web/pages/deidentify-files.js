// Which of the files that somebody dropped or chose may be videos.

const ENDINGS = new Set("3g2 3gp asf avi dv flv m2ts m4v mkv mov mp4 mpeg mpg mts mxf ogv ts vob webm wmv".split(" "));

/** Files of an input, with or without folders: {videos: [{file, name}], others: [name]}. */
export const fromInput = (files) =>
  sorted([...files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));

/** Files that were dropped, also in folders; throws where one cannot be read. */
export async function fromDrop(transfer) {
  // all at once: after the first wait a browser forgets what was dropped
  const items = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const found = [];
  for (const item of items) await walk(item, found);
  return sorted(found);
}

async function walk(item, found) {
  if (item instanceof File) {
    found.push({ file: item, path: item.name });
  } else if (item.isFile) {
    const file = await new Promise((resolve, reject) => item.file(resolve, reject));
    found.push({ file, path: item.fullPath });
  } else if (item.isDirectory) {
    const reader = item.createReader();
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!some.length) break; // a reader gives a folder in pieces
      for (const each of some) await walk(each, found);
    }
  }
}

function sorted(found) {
  const videos = found.filter(({ file }) => maybeVideo(file));
  videos.sort((a, b) => a.path.localeCompare(b.path, undefined, { numeric: true }));
  const often = new Map();
  for (const { file } of videos) often.set(file.name, (often.get(file.name) ?? 0) + 1);
  return {
    others: found.filter((each) => !videos.includes(each)).map(({ file }) => file.name),
    videos: videos.map(({ file, path }) => {
      // takes of several patients are often called alike: then the folder tells them apart
      const parts = path.split("/").filter(Boolean);
      return { file, name: often.get(file.name) > 1 ? parts.slice(-2).join(" – ") : file.name };
    }),
  };
}

function maybeVideo(file) {
  if (file.name.startsWith(".")) return false; // what systems leave beside files
  return file.type.startsWith("video/") || ENDINGS.has(file.name.split(".").at(-1).toLowerCase());
}
