/**
 * Sending what is paid for: an order is kept before it is sent, sent with one and the same Idempotency-Key until it
 * is answered, and forgotten then. So a click is one video, whatever dies in between.
 */

/** @import { Api, Video } from "./api.js" */
/** @import { Order } from "./cards.js" */

import { ApiError, upload } from "./api.js";
import { card, cards, changeCard, changeCards, shown } from "./cards.js";
import { dropFiles, takeFile } from "./drawer.js";

/** The API knows a key for 24 hours: sent again later, the order would be a new one. */
const GIVEN_UP_AFTER_MS = 23 * 3600 * 1000;

/**
 * Send whatever waits to be sent.
 *
 * @param {Api} api
 */
export async function sendOrders(api) {
  const waiting = (await cards()).filter((one) => one.order);
  await Promise.all(waiting.map((one) => sendOrder(api, one.id)));
}

/**
 * Send the order of a card, unless it is being sent.
 *
 * @param {Api} api
 * @param {string} id
 */
export async function sendOrder(api, id) {
  await navigator.locks.request(`order-${id}`, { ifAvailable: true }, async (lock) => {
    const order = lock && (await card(id))?.order;
    if (order) await send(api, id, order);
  });
}

/**
 * @param {Api} api
 * @param {string} id
 * @param {Order} order
 */
async function send(api, id, order) {
  try {
    if (order.text !== null && Date.now() - order.at > GIVEN_UP_AFTER_MS)
      throw new ApiError("expired");
    const video = await place(api, id, order);
    await changeCards((all) => all.filter((one) => one.id === id || one.video?.id !== video.id));
    await changeCard(id, { order: null, trouble: null, video: shown(video), notified: false });
    await dropFiles(order.key, order.files.length);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const trouble = { kind: error.kind, detail: error.detail };
    if (error.passing) {
      await changeCard(id, { trouble });
    } else if (error.field === "upload_ids" && !order.uploadedAgain) {
      const again = { ...order, uploads: [], text: null, uploadedAgain: true };
      await changeCard(id, { order: again });
      await send(api, id, again);
    } else {
      await changeCard(id, { order: null, trouble, seen: false });
      await dropFiles(order.key, order.files.length);
    }
  }
}

/**
 * @param {Api} api
 * @param {string} id
 * @param {Order} order
 * @returns {Promise<Video>}
 */
async function place(api, id, order) {
  let placed = order;
  for (let index = placed.uploads.length; index < order.files.length; index += 1) {
    const uploads = [...placed.uploads, await uploaded(api, order, index)];
    placed = { ...placed, uploads };
    await changeCard(id, { order: placed });
  }
  const text = placed.text ?? textOf(placed);
  await changeCard(id, { order: { ...placed, text } });
  return api.order(order.path, text, order.key);
}

/** @param {Order} order */
function textOf({ body, uploads }) {
  if (!body) return "";
  return JSON.stringify(uploads.length ? { ...body, upload_ids: uploads } : body);
}

/**
 * @param {Api} api
 * @param {Order} order
 * @param {number} index
 * @returns {Promise<string>} what stands for the file
 */
async function uploaded(api, order, index) {
  const file = await takeFile(order.key, index);
  if (!file) throw new ApiError("lost");
  const name = order.files[index] ?? "file";
  const ticket = await api.ticket(name);
  await upload(ticket, file, name);
  return ticket.upload_id;
}
