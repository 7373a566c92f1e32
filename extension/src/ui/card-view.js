/** One video in the popup's list. It is changed in place, so that what is typed, played or focused stays. */

/** @import { Card } from "../lib/cards.js" */
/** @import { Message } from "../lib/messages.js" */

import { element, find, show } from "./elements.js";
import { running, unfinished } from "../lib/cards.js";
import { ask } from "../lib/messages.js";
import { sentence, t, translate } from "../lib/words.js";

/** @typedef {"play" | "download" | "open" | "edit" | "answer" | "cancel" | "retry" | "forget"} Action */

export class CardView {
  /** @type {Card | undefined} */
  #card;
  /** The version that is being played. */
  #playing = 0;
  /** @type {Action | undefined} what the open form is for */
  #asked;
  #id;
  #say;
  #announce;

  /**
   * @param {string} id
   * @param {(text: string) => void} say
   * @param {(text: string) => void} announce
   */
  constructor(id, say, announce) {
    this.#id = id;
    this.#say = say;
    this.#announce = announce;
    const made = find("#card", HTMLTemplateElement).content.cloneNode(true);
    if (!(made instanceof DocumentFragment)) throw new Error("A template holds a fragment.");
    translate(made);
    this.root = element("li", made);
    find("form", HTMLFormElement, this.root).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#edit();
    });
  }

  /** @param {Card} card */
  show(card) {
    const before = this.#card && headline(this.#card);
    this.#card = card;
    const { title, video, trouble } = card;
    const now = headline(card);
    if (before && before !== now) this.#announce(`${title}: ${now}`);
    element(".title", this.root).textContent = title;
    element(".title", this.root).title = card.instruction;
    element(".status", this.root).textContent = now;
    this.root.dataset["state"] = stateOf(card);
    this.#progress(card);
    this.#line(".message", !trouble && video ? messageOf(card) : card.cut ? t("cut") : "");
    this.#line(".trouble", trouble ? sentence(trouble) : "");
    this.#poster(video?.links.poster ?? card.thumbnail);
    if (video?.status === "ready" && video.version !== this.#playing) this.#stop();
    this.#offer(actionsOf(card));
  }

  /** @param {Card} card */
  #progress(card) {
    const bar = find("progress", HTMLProgressElement, this.root);
    bar.hidden = !unfinished(card);
    bar.setAttribute("aria-label", t("progress_of", card.title));
    if (card.video && !card.order) bar.value = card.video.progress;
    else bar.removeAttribute("value");
  }

  /** @param {string} address */
  #poster(address) {
    const poster = find(".poster", HTMLImageElement, this.root);
    if (address && poster.src !== address) poster.src = address;
    poster.hidden = !address || this.root.classList.contains("playing");
  }

  /**
   * @param {string} selector
   * @param {string} text
   */
  #line(selector, text) {
    element(selector, this.root).textContent = text;
    show(selector, text !== "", this.root);
  }

  /** @param {Action[]} actions */
  #offer(actions) {
    const row = element(".actions", this.root);
    if (row.dataset["actions"] === actions.join(" ")) return;
    row.dataset["actions"] = actions.join(" ");
    row.replaceChildren(...actions.map((action) => this.#button(action)));
    if (!this.#asked || !actions.includes(this.#asked)) this.#closeForm();
  }

  #closeForm() {
    this.#asked = undefined;
    show(".change", false, this.root);
  }

  /** @param {Action} action */
  #button(action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = action;
    button.textContent = t(action);
    button.setAttribute("aria-label", t(`${action}_of`, this.#card?.title ?? ""));
    button.addEventListener("click", () => this.#do(action));
    return button;
  }

  /** @param {Action} action */
  async #do(action) {
    const links = this.#card?.video?.links;
    switch (action) {
      case "play":
        return this.#play();
      case "download":
        return chrome.tabs.create({ url: links?.download ?? "", active: false });
      case "open":
        return chrome.tabs.create({ url: links?.watch ?? "" });
      case "edit":
      case "answer":
        return this.#openForm(action);
      case "cancel":
      case "retry":
      case "forget":
        return this.#send({ type: action, card: this.#id });
    }
  }

  async #play() {
    const film = document.createElement("video");
    film.controls = true;
    film.src = this.#card?.video?.links.video ?? "";
    film.setAttribute("aria-label", this.#card?.title ?? "");
    this.#playing = this.#card?.video?.version ?? 0;
    element(".picture", this.root).append(film);
    show(".poster", false, this.root);
    this.root.classList.add("playing");
    film.focus();
    await film.play();
  }

  /** A newer version is there to be played. */
  #stop() {
    this.root.querySelector("video")?.remove();
    this.root.classList.remove("playing");
    show(".poster", true, this.root);
  }

  /** @param {"edit" | "answer"} action */
  #openForm(action) {
    this.#asked = action;
    const field = find("input", HTMLInputElement, this.root);
    const label = find("label", HTMLLabelElement, this.root);
    field.id = `edit-${this.#id}`;
    label.htmlFor = field.id;
    label.textContent = t(`${action}_label`);
    field.placeholder = action === "edit" ? t("edit_hint") : "";
    show(".change", true, this.root);
    field.focus();
  }

  async #edit() {
    const field = find("input", HTMLInputElement, this.root);
    this.#closeForm();
    await this.#send({ type: "edit", card: this.#id, instruction: field.value.trim() });
    field.value = "";
  }

  /** @param {Message} message */
  async #send(message) {
    const { trouble } = await ask(message);
    if (trouble) this.#say(sentence(trouble));
  }
}

/** @param {Card} card */
function stateOf({ capturing, order, video, trouble }) {
  if (capturing) return "capturing";
  if (order) return trouble ? "waiting" : "sending";
  return video?.status ?? "refused";
}

/** @param {Card} card */
function headline(card) {
  const state = stateOf(card);
  const stage = state === "capturing" || state === "waiting" || state === "sending";
  const words = t(stage ? `stage_${state}` : `status_${state}`);
  const version = card.video?.version ?? 0;
  return version > 1 ? `${words} · ${t("version", version)}` : words;
}

/** @param {Card} card */
function messageOf({ video, cut }) {
  if (!video || video.status === "ready") return cut ? t("cut") : "";
  if (video.status === "cancelled") return "";
  return [video.message, video.advice].filter(Boolean).join(" ");
}

/**
 * @param {Card} card
 * @returns {Action[]}
 */
function actionsOf({ capturing, order, video }) {
  if (capturing || order) return [];
  if (!video) return ["forget"];
  if (running(video)) return ["cancel"];
  /** @type {Action[]} */
  const done = video.links.video ? ["play", "download", "open"] : [];
  if (video.status === "ready") return [...done, "edit"];
  if (video.status === "needs_answer") return ["answer", ...done];
  return video.status === "failed" ? ["retry", ...done] : done;
}
