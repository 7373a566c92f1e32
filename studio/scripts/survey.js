// Where things stand on the page, in CSS pixels from its top left corner.
(tallest) => {
  const boxes = [];
  const words = (element) => (element.innerText || '').trim().replace(/\s+/g, ' ');
  const shown = (element) => {
    const style = getComputedStyle(element);
    return style.visibility !== 'hidden' && style.display !== 'none' && Number(style.opacity) > 0.1;
  };
  const add = (part, element, text, limits) => {
    const box = element.getBoundingClientRect();
    const x = Math.max(box.left, 0), right = Math.min(box.right, innerWidth), y = box.top + scrollY;
    const width = right - x;
    if (!shown(element) || width < limits[0] || box.height < limits[1] || y < 0 || y + box.height > tallest) return;
    boxes.push({part, x, y, width, height: box.height, text: text.slice(0, 200)});
  };
  const area = (element) => { const box = element.getBoundingClientRect(); return box.width * box.height; };
  const largest = (elements, most) => [...elements].sort((a, b) => area(b) - area(a)).slice(0, most);
  for (const element of [...document.querySelectorAll('h1, h2')].slice(0, 12)) {
    if (words(element)) add('headline', element, words(element), [80, 16]);
  }
  const pictures = [...document.querySelectorAll('img, video, svg, canvas, [style*="background-image"]')]
    .filter((element) => element.tagName !== 'IMG' || element.naturalWidth > 0);
  for (const element of largest(pictures, 8)) {
    add('picture', element, element.getAttribute('alt') || '', [220, 140]);
  }
  const money = /^(?:from |ab |only )?(?:[$€£¥₹₩]|R\$|US\$|CHF|EUR|USD|GBP|RMB|CNY)\s?\d[\d.,\s]*$|^\d[\d.,\s]*\s?(?:€|£|kr|zł|元|円|USD|EUR|CHF)$/i;
  let prices = 0;
  for (const element of document.querySelectorAll('body *')) {
    if (prices >= 3) break;
    if (element.children.length > 2 || !money.test(words(element))) continue;
    if (parseFloat(getComputedStyle(element).fontSize) < 15) continue;
    add('price', element, words(element), [20, 12]);
    prices += 1;
  }
  const solid = (element) => {
    const style = getComputedStyle(element);
    return !/rgba\(.*, 0\)|transparent/.test(style.backgroundColor) || style.backgroundImage !== 'none';
  };
  const buttons = [...document.querySelectorAll('button, [role=button], input[type=submit], a')].filter((element) => {
    const text = words(element) || element.value || '';
    return text.length >= 2 && text.length <= 32 && solid(element) && shown(element)
      && !/cookie|accept|akzept|menu|close|search|log ?in|sign ?in/i.test(text);
  });
  for (const element of largest(buttons, 3)) {
    add('action', element, words(element) || element.value || '', [70, 24]);
  }
  const first = boxes.find((box) => box.part === 'action');
  let colour = null;
  for (const element of first ? largest(buttons, 3) : []) {
    const parts = getComputedStyle(element).backgroundColor.match(/\d+/g);
    if (parts && parts.length >= 3 && !colour) {
      colour = '#' + parts.slice(0, 3).map((part) => Number(part).toString(16).padStart(2, '0')).join('');
    }
  }
  return {height: Math.max(document.documentElement.scrollHeight, document.body.scrollHeight), boxes, colour};
}
