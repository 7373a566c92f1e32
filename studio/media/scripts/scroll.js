// Pictures that wait to be scrolled to are loaded.
async (tallest) => {
  const end = Math.min(document.documentElement.scrollHeight, tallest);
  for (let y = 0; y < end; y += 600) {
    window.scrollTo(0, y);
    await new Promise(requestAnimationFrame);
  }
  const waiting = [...document.images].filter((image) => !image.complete).slice(0, 60);
  const limit = new Promise((resolve) => setTimeout(resolve, 3000));
  await Promise.race([limit, Promise.all(waiting.map((image) => new Promise((resolve) => {
    image.addEventListener('load', resolve); image.addEventListener('error', resolve);
  })))]);
  window.scrollTo(0, 0);
}
