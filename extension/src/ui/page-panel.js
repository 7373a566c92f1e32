/** The part of the popup that shows the page in front of it, and takes the wish. */

/** @import { Choices, Extent, Format } from "../lib/settings.js" */

import { element, find, show } from "./elements.js";
import { view } from "../lib/capture.js";
import { ask } from "../lib/messages.js";
import { CaptureError, pageFacts } from "../lib/pages.js";
import { choices, keepChoices } from "../lib/settings.js";
import { sentence, t } from "../lib/words.js";

const THUMBNAIL_WIDTH = 320;

export class PagePanel {
  #say;
  #thumbnail = "";
  #form = find("#wish", HTMLFormElement);
  #instruction = find("#instruction", HTMLTextAreaElement);
  #generate = find("#generate", HTMLButtonElement);

  /** @param {(text: string) => void} say */
  constructor(say) {
    this.#say = say;
  }

  async open() {
    const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
    if (!tab) return;
    this.#describe(tab);
    try {
      await pageFacts(tab);
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      element("#obstacle").textContent = sentence({ kind: error.problem, detail: "" });
      show("#obstacle", true);
      return;
    }
    await this.#offer(tab);
  }

  /** @param {chrome.tabs.Tab} tab */
  #describe({ title, url }) {
    element("#page-title").textContent = title || url || "";
    element("#page-address").textContent = (url ?? "").replace(/^https?:\/\/(www\.)?/, "");
  }

  /** @param {chrome.tabs.Tab} tab */
  async #offer(tab) {
    const { format, extent } = await choices();
    this.#choose("format", format);
    this.#choose("extent", extent);
    this.#instruction.value = t("suggestion_1");
    element("#suggestions").addEventListener("click", ({ target }) => {
      const name = target instanceof HTMLElement ? target.dataset["suggestion"] : undefined;
      if (!name) return;
      this.#instruction.value = t(name);
      this.#instruction.focus();
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(tab);
    });
    show("#wish", true);
    this.#generate.focus();
    await this.#showThumbnail(tab);
  }

  /** @param {chrome.tabs.Tab} tab */
  async #showThumbnail(tab) {
    const shot = await view(tab, { format: "jpeg", quality: 80 }).catch(() => undefined);
    if (!shot) return; // the form does without: what cannot be pictured is said when it is sent
    const canvas = document.createElement("canvas");
    canvas.width = THUMBNAIL_WIDTH;
    canvas.height = Math.round((THUMBNAIL_WIDTH * shot.height) / shot.width);
    canvas.getContext("2d")?.drawImage(shot, 0, 0, canvas.width, canvas.height);
    this.#thumbnail = canvas.toDataURL("image/jpeg", 0.7);
    find("#thumbnail", HTMLImageElement).src = this.#thumbnail;
    show("#thumbnail", true);
  }

  /** @param {chrome.tabs.Tab} tab */
  async #submit(tab) {
    this.#generate.disabled = true;
    this.#say("");
    const chosen = this.#chosen();
    await keepChoices(chosen);
    const wish = {
      instruction: this.#instruction.value.trim(),
      choices: chosen,
      thumbnail: this.#thumbnail,
    };
    const { underWay } = await ask({ type: "generate", tabId: tab.id ?? 0, wish });
    if (underWay) this.#say(t("under_way"));
    this.#generate.disabled = false;
  }

  /** @returns {Choices} */
  #chosen() {
    const data = new FormData(this.#form);
    return {
      format: /** @type {Format} */ (data.get("format")),
      extent: /** @type {Extent} */ (data.get("extent")),
    };
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  #choose(name, value) {
    find(`input[name=${name}][value="${value}"]`, HTMLInputElement).checked = true;
  }
}
