// Where things stand on the page, in CSS pixels from its top left corner, and what its strongest words are.
(tallest) => {
  const boxes = [];
  // Chinese and Japanese have no spaces between their letters: a line break there is none.
  const unspaced = /([\u2e80-\u9fff\uff00-\uffef])\s+(?=[\u2e80-\u9fff\uff00-\uffef])/g;
  const spaced = (text) => (text || '').trim().replace(unspaced, '$1').replace(/\s+/g, ' ');
  // Capitals are often a matter of style alone: the words are taken as they were written.
  const words = (element) => {
    const shown = spaced(element.innerText), written = spaced(element.textContent);
    return written.toLowerCase() === shown.toLowerCase() ? written : shown;
  };
  const shown = (element) => {
    const style = getComputedStyle(element);
    return style.visibility !== 'hidden' && style.display !== 'none' && Number(style.opacity) > 0.1
      && (!element.checkVisibility || element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}));
  };
  const place = (box) => {
    const x = Math.max(box.left, 0), y = box.top + scrollY;
    return {x, y, width: Math.min(box.right, innerWidth) - x, height: box.height};
  };
  const fits = (box, limits) => box.width >= limits[0] && box.height >= limits[1]
    && box.y >= 0 && box.y + box.height <= tallest;
  const add = (part, box, text, more = '') => {
    boxes.push({part, ...box, text: text.slice(0, 200), more: more.slice(0, 200)});
  };
  const addElement = (part, element, text, limits) => {
    const box = place(element.getBoundingClientRect());
    if (shown(element) && fits(box, limits)) add(part, box, text);
  };
  const area = (element) => { const box = element.getBoundingClientRect(); return box.width * box.height; };
  const largest = (elements, most) => [...elements].sort((a, b) => area(b) - area(a)).slice(0, most);

  // What stands where the words are still to come.
  const filler = /lorem ipsum|dolor (sit )?amet|consectetur|plenty of space for|example of (a|where you can) (project|put)|(your|sample|placeholder|dummy) (text|content|copy)( goes)? here|(insert|put|add|write) (your|some|a) (\w+ )?(text|content|copy|words|description)\b|placeholder text|(dummy|sample) text|use this (area|space|section) to|^(featured|card|section|item|feature|post|page|your|my|list) (title|heading|headline|subtitle)( \d+)?$|paragraph of text beneath|some quick example text|run out of words|this is a (longer|wider) card/i;
  // Who made a page's template is not whom the page is about.
  const vendor = ((/([^|\-–—:]+?)\s+(theme|template)s?\s*$/i.exec(document.title) || [])[1] || '').trim().toLowerCase();
  const isCredit = (text) => Boolean(vendor) && vendor.length > 3 && text.toLowerCase().includes(vendor);

  // Every line of text, so that no picture of the page cuts one.
  const lines = [], unwritten = [];
  let message = '', messageSize = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let steps = 0; walker.nextNode() && lines.length < 800 && steps < 20000; steps += 1) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!parent || !spaced(node.textContent) || /^(SCRIPT|STYLE|NOSCRIPT|TEMPLATE)$/.test(parent.tagName)) continue;
    if (!shown(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      const box = place(rect);
      if (!fits(box, [3, 4])) continue;
      if (lines.length < 800) lines.push([box.x, box.y, box.width, box.height]);
      if (unwritten.length < 200 && filler.test(parent.textContent)) unwritten.push([box.x, box.y, box.width, box.height]);
    }
  }
  for (const field of [...document.querySelectorAll('input, textarea, select, button')].slice(0, 60)) {
    const box = place(field.getBoundingClientRect());
    if (shown(field) && fits(box, [8, 8])) lines.push([box.x, box.y, box.width, box.height]);
  }

  // The strongest line: the first heading, else the largest letters above the fold.
  for (const element of document.querySelectorAll('h1, h2, h3, [class*=head], [class*=title], [class*=hero] *, header *')) {
    const text = words(element), box = place(element.getBoundingClientRect());
    if (element.children.length > 2 || text.length < 4 || text.length > 120 || !text.includes(' ')) continue;
    if (filler.test(text) || isCredit(text)) continue;
    if (!shown(element) || box.y > 1000 || !fits(box, [80, 16]) || element.closest('nav, form, a, button, [role=dialog]')) continue;
    const size = parseFloat(getComputedStyle(element).fontSize) * (element.tagName === 'H1' ? 1.5 : 1);
    if (size > messageSize) { message = text; messageSize = size; }
  }

  for (const element of [...document.querySelectorAll('h1, h2')].slice(0, 12)) {
    if (words(element) && !filler.test(words(element)) && !element.closest('form')) addElement('headline', element, words(element), [80, 16]);
  }
  const drawn = (element) => element.tagName !== 'IMG' || element.naturalWidth > 0;
  const isBacked = (element) => /url\(/.test(getComputedStyle(element).backgroundImage);
  const backed = [...document.querySelectorAll('header, section, main, aside, figure, div, a, span')].slice(0, 3000).filter(isBacked);
  const pictures = [...new Set([...document.querySelectorAll('img, video, svg, canvas'), ...backed])].filter(drawn);
  const plain = /^(about|about us|services|our services|portfolio|our work|work|contact|contact us|get in touch|team|our team|our amazing team|meet the team|clients|testimonials|what people are saying.*|faq|blog|news|menu|home|features|gallery|pricing|subscribe.*|newsletter.*|sign up.*|follow us|legal|privacy.*|navigation|location|around the web|let's get in touch.*|footer|links|resources|company|at your service|recent posts|related.*)[.!]?$/i;
  // What is written beside a picture: the heading of the smallest part of the page with no other picture.
  const isPicture = (element) => /^(IMG|VIDEO|CANVAS)$/.test(element.tagName) && area(element) > 10000;
  const caption = (picture) => {
    const own = picture.getBoundingClientRect();
    for (let up = 0, around = picture.parentElement; up < 4 && around && around !== document.body; up += 1, around = around.parentElement) {
      if ([...around.querySelectorAll('*')].filter(isPicture).length !== 1) break;
      const named = [...around.querySelectorAll('figcaption, h3, h4, h5, h6, [class*=caption-], [class*=title]')]
        .filter((element) => shown(element) && !element.closest('form, [role=dialog], .modal'))
        .filter((element) => element.getBoundingClientRect().top >= own.bottom - 4 || element.getBoundingClientRect().left >= own.right - 4)
        .map(words).find((text) => text.length >= 2 && text.length <= 60 && !plain.test(text) && !filler.test(text) && !isCredit(text));
      if (named) return named;
    }
    return '';
  };
  for (const element of largest(pictures, 24)) {
    const box = place(element.getBoundingClientRect());
    if (shown(element) && fits(box, [160, 110])) add('picture', box, element.getAttribute('alt') || '', caption(element));
  }

  // What has a ground, a border or a shadow of its own is seen whole or not at all.
  const groundOf = (element) => {
    for (let around = element; around; around = around.parentElement) {
      const colour = getComputedStyle(around).backgroundColor;
      if (!/rgba\(.*, 0\)|transparent/.test(colour)) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const stands = (element) => {
    const style = getComputedStyle(element);
    const bordered = parseFloat(style.borderTopWidth) > 0 && parseFloat(style.borderLeftWidth) > 0 && style.borderTopStyle !== 'none'
      && !/rgba\(.*, 0\)|transparent/.test(style.borderTopColor);
    return bordered || style.boxShadow !== 'none' || (element.parentElement && groundOf(element) !== groundOf(element.parentElement));
  };
  const cards = [];
  for (const element of [...document.querySelectorAll('div, li, article, section, aside, a, pre, table, blockquote, fieldset, figure, details')].slice(0, 2000)) {
    const box = place(element.getBoundingClientRect());
    if (cards.length >= 120) break;
    if (box.width < 0.92 * innerWidth && fits(box, [120, 60]) && shown(element) && stands(element)) {
      cards.push([box.x, box.y, box.width, box.height]);
    }
  }

  // What the page offers: headings with what belongs to them.
  const meets = (box, line) => line[0] < box.x + box.width && line[0] + line[2] > box.x
    && line[1] < box.y + box.height && line[1] + line[3] > box.y;
  // A title that leads to what was written, or stands below a date, is an article's.
  const isArticle = (heading, card) => Boolean(heading.closest('article, [class*=post], [class*=entry]') || card.querySelector('time, [class*=meta]')
    || (heading.closest('a') || {}).href || [...heading.querySelectorAll('a')].some((link) => link.href));
  const features = [];
  for (const heading of [...document.querySelectorAll('h2, h3, h4, h5, h6, .h2, .h3, .h4, .h5, [class*="-heading"], [class*="card-title"]')].slice(0, 80)) {
    const text = words(heading);
    if (text.length < 4 || text.length > 70 || plain.test(text) || filler.test(text) || isCredit(text) || !shown(heading)) continue;
    if (heading.closest('form, nav, footer, [role=dialog], .modal, figcaption, [class*=caption], [class*=team], [id*=team], [class*=contact], [id*=contact], [class*=testimonial]')) continue;
    let card = heading, around = heading.parentElement;
    for (let up = 0; up < 5 && around && around !== document.body; up += 1, around = around.parentElement) {
      const box = around.getBoundingClientRect();
      if (box.height > 760 || around.querySelectorAll(heading.tagName).length > 1 || around.querySelector('form')) break;
      card = around;
    }
    if (filler.test(card.textContent) || isArticle(heading, card)) continue;
    const support = [...card.querySelectorAll('p, .lead, li')].map(words).find((said) => said.length > 15 && said !== text && !isCredit(said)) || '';
    if (!support) continue;
    const texts = [heading, ...card.querySelectorAll('p, .lead, li, a, button, small')].filter(shown)
      .map((element) => place(element.getBoundingClientRect())).filter((box) => fits(box, [4, 4]));
    // A picture that has words on it would show them beside themselves.
    const seen = largest([...card.querySelectorAll('*')].filter((element) => /^(IMG|VIDEO|CANVAS|svg)$/.test(element.tagName) || isBacked(element))
      .filter((element) => drawn(element) && shown(element) && area(element) > 20000), 3)
      .map((element) => place(element.getBoundingClientRect()))
      .filter((box) => fits(box, [160, 120]) && !lines.some((line) => meets(box, line)));
    if (!texts.length) continue;
    const x = Math.min(...texts.map((box) => box.x)), y = Math.min(...texts.map((box) => box.y));
    const box = seen[0] || {
      x, y,
      width: Math.max(...texts.map((part) => part.x + part.width)) - x,
      height: Math.max(...texts.map((part) => part.y + part.height)) - y,
    };
    if (!fits(box, [120, 40]) || box.height > 900) continue;
    const pictured = seen[0] ? 1 + Math.min(seen[0].width * seen[0].height / 240000, 1) : 0;
    const short = text.split(' ').length <= 7 ? 1 : 0;
    features.push({part: seen[0] ? 'feature' : 'point', box, text, support,
      section: heading.closest('section, article, header, main > div, body > div'),
      weight: pictured + short + 0.6 - features.length * 0.02});
  }
  // One or two of each section, the weightiest first.
  const chosenTexts = new Set(), perSection = new Map();
  const chosen = [];
  for (const feature of features.sort((a, b) => b.weight - a.weight)) {
    const used = perSection.get(feature.section) || 0;
    if (chosenTexts.has(feature.text.toLowerCase()) || used >= 2 || chosen.length >= 4) continue;
    chosenTexts.add(feature.text.toLowerCase());
    perSection.set(feature.section, used + 1);
    chosen.push(feature);
  }
  for (const feature of chosen) add(feature.part, feature.box, feature.text, feature.support);

  // Who said it stands nearest: a quotation of nobody proves nothing.
  const speaker = (quote) => {
    for (let up = 0, around = quote; up < 4 && around && around !== document.body; up += 1, around = around.parentElement) {
      const named = [...around.querySelectorAll('cite, figcaption, [class*=author], [class*=name], h3, h4, h5, h6, strong')]
        .map(words).find((text) => text.length >= 2 && text.length <= 60 && !filler.test(text));
      if (named) return named.replace(/^[\s—–-]+/, '');
      if (around.querySelectorAll('blockquote, q').length > 1) break;
    }
    return '';
  };
  const quoted = [...document.querySelectorAll('blockquote, q, [class*=testimonial] p, [class*=quote] p')].slice(0, 12)
    .map((element) => ({element, by: speaker(element)}))
    .filter(({element, by}) => by && !filler.test(words(element)));
  for (const {element, by} of quoted.slice(0, 3)) {
    const text = words(element).replace(by, '').replace(/[\s—–-]+$/, '');
    const box = place(element.getBoundingClientRect());
    if (text.length >= 20 && text.length <= 200 && shown(element) && fits(box, [100, 12])) {
      add('quote', box, text.replace(/^["“„«]|["”“»]$/g, ''), by);
    }
  }

  const money = /^(?:from |ab |only )?(?:[$€£¥₹₩]|R\$|US\$|CHF|EUR|USD|GBP|RMB|CNY)\s?\d[\d.,\s]*$|^\d[\d.,\s]*\s?(?:€|£|kr|zł|元|円|USD|EUR|CHF)$/i;
  let prices = 0;
  for (const element of document.querySelectorAll('body *')) {
    if (prices >= 3) break;
    if (element.children.length > 2 || !money.test(words(element))) continue;
    if (parseFloat(getComputedStyle(element).fontSize) < 15) continue;
    // What it cost before is not what it costs, and nothing has no price.
    if (element.closest('s, del, strike') || /line-through/.test(getComputedStyle(element).textDecorationLine)) continue;
    if (!/[1-9]/.test(words(element))) continue;
    addElement('price', element, words(element), [20, 12]);
    prices += 1;
  }

  // Buttons and links that lead on. The submit of a form is of use to nobody who watches.
  const solid = (element) => {
    const style = getComputedStyle(element);
    return !/rgba\(.*, 0\)|transparent/.test(style.backgroundColor) || style.backgroundImage !== 'none';
  };
  const said = (element) => words(element) || spaced(element.value);
  const ranks = [
    /\b(buy|shop|order|add to (cart|bag|basket)|checkout|pre-?order|kaufen|bestellen|acheter|comprar)\b|购买|下单/i,
    /\b(get started|start (now|free|today|here|your|a|my)|try|sign up|join|register|create (an )?account|book|reserve|get (the|your|a)|download|install|subscribe|request|free trial)\b|注册|下载|预订|开始/i,
    /\b(learn more|find out more|tell me more|discover|explore|see|view|read more|how it works|more info|mehr)\b|了解|查看/i,
  ];
  const never = /cookie|accept|akzept|decline|menu|close|search|log ?in|sign ?in|submit|send|feedback|cancel|reset|toggle|previous|next|share|tweet|reply|comment/i;
  const inForm = (element) => {
    const form = element.closest('form');
    return form && form.querySelector('input:not([type=hidden]):not([type=submit]):not([type=button]), textarea, select');
  };
  // A link within the page leads nowhere that somebody who watches could go.
  const scrolls = (element) => {
    const target = element.getAttribute('href') || '';
    return /^#[^!]/.test(target) && !element.hasAttribute('data-bs-toggle');
  };
  const buttons = [...document.querySelectorAll('button, [role=button], a, input[type=button]')].slice(0, 600)
    .filter((element) => {
      const text = said(element);
      return text.length >= 2 && text.length <= 32 && shown(element) && !inForm(element) && !never.test(text)
        && !element.closest('[role=dialog], .modal');
    })
    .map((element) => {
      const text = said(element), rank = ranks.findIndex((rule) => rule.test(text));
      const inNav = element.closest('nav, footer') ? 2 : 0;
      const isSolid = solid(element) ? 0 : 2.5;
      // What is not known to lead on may do so where it is the first thing that is seen.
      if (rank < 0 && (isSolid || element.getBoundingClientRect().top + scrollY > 900)) return null;
      const base = (rank < 0 ? 4 : rank) + inNav + isSolid + element.getBoundingClientRect().top / 4000;
      return {element, text, base, cost: base + (scrolls(element) ? 10 : 0)};
    })
    .filter((button) => button && button.base < 5)
    .sort((a, b) => a.cost - b.cost).slice(0, 3);
  for (const {element, text} of buttons) addElement('action', element, text, [40, 16]);
  for (const element of [...document.querySelectorAll('form, footer')].slice(0, 6)) addElement('form', element, '', [120, 60]);

  let colour = null;
  const filled = [...document.querySelectorAll('button, [role=button], a, input[type=submit]')].slice(0, 600)
    .filter((element) => solid(element) && shown(element) && area(element) > 800 && area(element) < 60000);
  for (const element of [...buttons.map((button) => button.element).filter(solid), ...largest(filled, 3)]) {
    const parts = getComputedStyle(element).backgroundColor.match(/[\d.]+/g);
    const levels = (parts || []).slice(0, 3).map(Number);
    if (levels.length === 3 && parts[3] !== '0' && Math.max(...levels) - Math.min(...levels) > 40 && !colour) {
      colour = '#' + parts.slice(0, 3).map((part) => Math.round(Number(part)).toString(16).padStart(2, '0')).join('');
    }
  }
  return {
    height: Math.max(document.documentElement.scrollHeight, document.body.scrollHeight),
    boxes: boxes.slice(0, 60), lines: lines.slice(0, 860), unwritten, cards,
    message: message.slice(0, 200), action: buttons.length ? buttons[0].text : '', colour,
  };
}
