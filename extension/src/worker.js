/** The service worker: it ends when it has nothing to do, and starts again with every event. */

/** @import { Card } from "./lib/cards.js" */
/** @import { Message, Reply } from "./lib/messages.js" */

import { Api, ApiError } from "./lib/api.js";
import { showBadge } from "./lib/badge.js";
import { card, cards, changeCard, changeCards, newOrder, shown, unfinished } from "./lib/cards.js";
import { followRunning, refresh, tellEnds } from "./lib/follow.js";
import { sendOrder, sendOrders } from "./lib/orders.js";
import { choices, closeStorage, settings } from "./lib/settings.js";
import { mourn, startWithClicked, startWithPage } from "./lib/start.js";
import { t } from "./lib/words.js";

/** A render takes half a minute and more; whoever wants to know sooner has the popup open. */
const FOLLOW_MINUTES = 0.5;
const ALARM = "tend";
const MENU = "make-video";

closeStorage();

chrome.runtime.onInstalled.addListener(async () => {
  chrome.contextMenus.create({
    id: MENU,
    title: t("menu"),
    contexts: ["image", "video", "link", "selection"],
  });
  await tend();
});

chrome.runtime.onStartup.addListener(() => tend());

chrome.alarms.onAlarm.addListener(() => tend());

chrome.storage.local.onChanged.addListener(async (changes) => {
  if (!changes["cards"]) return;
  const all = await cards();
  await showBadge(all);
  await keepAlarm(all);
});

chrome.contextMenus.onClicked.addListener(async (clicked, tab) => {
  const api = await connected();
  if (!api) return chrome.runtime.openOptionsPage();
  if (!tab) return undefined;
  const wish = { instruction: t("suggestion_1"), choices: await choices() };
  const { id } = await startWithClicked(tab, clicked, wish);
  await sendOrder(api, id);
  return undefined;
});

chrome.notifications.onClicked.addListener(async (id) => {
  await chrome.notifications.clear(id);
  const watch = (await card(id))?.video?.links.watch;
  await changeCard(id, { seen: true });
  await chrome.tabs.create({ url: watch ?? chrome.runtime.getURL("popup.html") });
});

chrome.runtime.onMessage.addListener((/** @type {Message} */ message, _sender, reply) => {
  handle(message).catch(troubleOf).then(reply);
  return true; // the reply comes later
});

/**
 * @param {Message} message
 * @returns {Promise<Reply>}
 */
async function handle(message) {
  const api = await connected();
  if (!api) return {};
  switch (message.type) {
    case "generate": {
      const { id, underWay } = await startWithPage(
        await chrome.tabs.get(message.tabId),
        message.wish,
      );
      await sendOrder(api, id);
      return { underWay };
    }
    case "follow":
      await tend();
      return {};
    case "refresh":
      await changeCards((all) => all.map((one) => ({ ...one, seen: true })));
      await refresh(api);
      await tend();
      return {};
    case "edit":
      await order(api, message.card, "edits", { instruction: message.instruction });
      return {};
    case "retry":
      await order(api, message.card, "retry", null);
      return {};
    case "cancel":
      await cancel(api, message.card);
      return {};
    case "forget":
      await changeCards((all) => all.filter((one) => one.id !== message.card || unfinished(one)));
      return {};
  }
}

/**
 * @param {unknown} error
 * @returns {Reply}
 */
function troubleOf(error) {
  if (error instanceof ApiError) return { trouble: { kind: error.kind, detail: error.detail } };
  throw error;
}

/**
 * Ask for a next version, unless one is under way.
 *
 * @param {Api} api
 * @param {string} id
 * @param {"edits" | "retry"} what
 * @param {{instruction: string} | null} body
 */
async function order(api, id, what, body) {
  await changeCards((all) =>
    all.map((one) =>
      one.id === id && one.video && !unfinished(one)
        ? { ...one, order: newOrder(`/v1/videos/${one.video.id}/${what}`, body), trouble: null }
        : one,
    ),
  );
  await sendOrder(api, id);
}

/**
 * @param {Api} api
 * @param {string} id
 */
async function cancel(api, id) {
  const video = (await card(id))?.video;
  if (video) await changeCard(id, { video: shown(await api.cancel(video.id)) });
}

/** Do whatever is due: send what waits, ask for what runs, tell what ended. */
async function tend() {
  await mourn();
  const api = await connected();
  if (api && (await cards()).some(unfinished)) {
    await sendOrders(api);
    await followRunning(api);
  }
  await tellEnds(notify);
  await keepAlarm(await cards());
}

/** An alarm rings while there is something to follow, and no longer. @param {Card[]} all */
async function keepAlarm(all) {
  const due = all.some(unfinished);
  const set = await chrome.alarms.get(ALARM);
  if (due && !set) await chrome.alarms.create(ALARM, { periodInMinutes: FOLLOW_MINUTES });
  if (!due && set) await chrome.alarms.clear(ALARM);
}

/** @returns {Promise<Api | undefined>} */
async function connected() {
  const kept = await settings();
  return kept && new Api(kept);
}

/** @param {Card} card */
async function notify({ id, title, video }) {
  if (!video) return;
  await chrome.notifications.create(id, {
    type: "basic",
    iconUrl: "icons/128.png",
    title: t(`notify_${video.status}`),
    message: title,
    contextMessage: video.status === "ready" ? "" : video.message,
    requireInteraction: video.status === "needs_answer",
  });
}
