/** The popup: the page in front of it, and the videos. */

import { CardView } from "./ui/card-view.js";
import { PagePanel } from "./ui/page-panel.js";
import { element, show } from "./ui/elements.js";
import { cards, unfinished } from "./lib/cards.js";
import { ask } from "./lib/messages.js";
import { settings } from "./lib/settings.js";
import { sentence, translate } from "./lib/words.js";

/** While somebody watches. */
const FOLLOW_MS = 3000;

/** @type {Map<string, CardView>} */
const views = new Map();

/** @param {string} text */
function say(text) {
  element("#said").textContent = text;
}

/** For those who do not see the card change. @param {string} text */
function announce(text) {
  element("#announced").textContent = text;
}

async function showCards() {
  const all = await cards();
  const list = element("#cards");
  for (const [id, view] of views) {
    if (all.some((one) => one.id === id)) continue;
    view.root.remove();
    views.delete(id);
  }
  all.forEach((card, index) => {
    const view = views.get(card.id) ?? new CardView(card.id, say, announce);
    views.set(card.id, view);
    view.show(card);
    if (list.children[index] !== view.root)
      list.insertBefore(view.root, list.children[index] ?? null);
  });
  show("#no-videos", all.length === 0);
}

async function refresh() {
  const { trouble } = await ask({ type: "refresh" });
  if (trouble) say(sentence(trouble));
}

async function follow() {
  if ((await cards()).some(unfinished)) await ask({ type: "follow" });
}

async function open() {
  document.documentElement.lang = chrome.i18n.getUILanguage();
  translate(document);
  const options = () => chrome.runtime.openOptionsPage();
  element("#options").addEventListener("click", options);
  element("#connect-button").addEventListener("click", options);
  const connected = Boolean(await settings());
  show("#connect", !connected);
  show("#page", connected);
  show("#videos", connected);
  if (!connected) return;
  chrome.storage.local.onChanged.addListener((changes) => {
    if (changes["cards"]) showCards();
  });
  await showCards();
  setInterval(follow, FOLLOW_MS);
  await Promise.all([new PagePanel(say).open(), refresh()]);
}

open();
