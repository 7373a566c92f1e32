/** The pipeline's HTTP API, as this extension uses it. */

/** @import { Settings } from "./settings.js" */

/**
 * @typedef {"queued" | "working" | "needs_answer" | "ready" | "failed" | "cancelled"
 *   | "superseded"} Status
 * @typedef {{self: string, watch?: string, video?: string, download?: string, poster?: string}} Links
 * @typedef {object} Video
 * @property {string} id
 * @property {Status} status
 * @property {number} progress  percent
 * @property {string} message
 * @property {string | null} [advice]
 * @property {string} instruction
 * @property {{page?: string, title?: string} | null} [metadata]
 * @property {string} created_at
 * @property {{version: number, instruction: string}[]} versions
 * @property {Links} links
 * @typedef {Omit<Video, "versions" | "advice">} Summary
 * @typedef {{upload_id: string, url: string, fields: Record<string, string>, max_bytes: number}} Ticket
 */

/**
 * Why a request has no good answer. Every kind has its sentence in `_locales`.
 *
 * @typedef {"offline" | "unreachable" | "withheld" | "not_the_api" | "key" | "scope" | "credits" | "missing"
 *   | "in_progress" | "busy" | "too_large" | "throttled" | "refused" | "server"
 *   | "expired" | "lost"} Kind
 */

/** What may be well the next time, with the very same request. @type {ReadonlySet<Kind>} */
const PASSING = new Set([
  "offline",
  "unreachable",
  "withheld",
  "in_progress",
  "throttled",
  "server",
]);

/** @type {Record<number, Kind>} */
const KINDS = {
  401: "key",
  402: "credits",
  403: "key",
  404: "missing",
  409: "busy",
  413: "too_large",
  429: "throttled",
};

export class ApiError extends Error {
  /**
   * @param {Kind} kind
   * @param {{detail?: string | undefined, field?: string | undefined}} [said]  by the API, in its own words
   */
  constructor(kind, { detail = "", field = "" } = {}) {
    super(detail || kind);
    this.kind = kind;
    this.detail = detail;
    this.field = field;
  }

  /** Whether the same request may be well later. */
  get passing() {
    return PASSING.has(this.kind);
  }
}

export class Api {
  #address;
  #key;

  /** @param {Settings} settings */
  constructor({ address, key }) {
    this.#address = address;
    this.#key = key;
  }

  /**
   * @param {number} limit
   * @returns {Promise<Summary[]>} newest first
   */
  async videos(limit) {
    return (await this.#send("GET", `/v1/videos?limit=${limit}`)).videos;
  }

  /**
   * @param {string} id
   * @returns {Promise<Video>}
   */
  video(id) {
    return this.#send("GET", `/v1/videos/${id}`);
  }

  /**
   * A form to upload one file with.
   *
   * @param {string} fileName
   * @returns {Promise<Ticket>}
   */
  ticket(fileName) {
    return this.#send("POST", "/v1/uploads", JSON.stringify({ file_name: fileName }));
  }

  /**
   * @param {string} id
   * @returns {Promise<Video>}
   */
  cancel(id) {
    return this.#send("POST", `/v1/videos/${id}/cancel`);
  }

  /**
   * Something that is paid for: however often it is sent with its key, it is done once.
   *
   * @param {string} path
   * @param {string} body  empty where there is none
   * @param {string} idempotencyKey
   * @returns {Promise<Video>}
   */
  order(path, body, idempotencyKey) {
    return this.#send("POST", path, body, { "Idempotency-Key": idempotencyKey });
  }

  /**
   * @param {"GET" | "POST"} method
   * @param {string} path
   * @param {string} body
   * @param {Record<string, string>} headers
   * @returns {Promise<any>}
   */
  async #send(method, path, body = "", headers = {}) {
    const url = this.#address + path;
    const content = body ? { body } : {};
    const type = body ? { "Content-Type": "application/json" } : {};
    const answer = await fetch(url, {
      method,
      headers: { "x-api-key": this.#key, ...type, ...headers },
      credentials: "omit",
      cache: "no-store",
      ...content,
    }).catch(async () => {
      throw new ApiError(await unanswered(url));
    });
    const said = await answer.json().catch(() => undefined);
    if (!answer.ok) throw refusal(answer.status, said);
    if (said === undefined) throw new ApiError("not_the_api");
    return said;
  }
}

/**
 * Send a file with its form.
 *
 * The answer cannot be read, for the extension has no permission for the bucket's host and needs none: what the
 * file is named in says whether it has arrived.
 *
 * @param {Ticket} ticket
 * @param {Blob} file
 * @param {string} fileName
 */
export async function upload(ticket, file, fileName) {
  if (file.size > ticket.max_bytes) throw new ApiError("too_large");
  const form = new FormData();
  for (const [name, value] of Object.entries(ticket.fields)) form.append(name, value);
  form.append("file", file, fileName);
  await fetch(ticket.url, {
    method: "POST",
    body: form,
    mode: "no-cors",
    credentials: "omit",
  }).catch(() => {
    throw new ApiError(navigator.onLine ? "unreachable" : "offline");
  });
}

/**
 * @param {number} status
 * @param {{type?: string, detail?: string, field?: string} | undefined} said
 */
function refusal(status, said) {
  const problem = said?.type?.split(":").at(-1);
  /** @type {Kind} */
  let kind = KINDS[status] ?? (status < 500 ? "refused" : "server");
  if (problem === "scope") kind = "scope";
  if (problem === "in-progress") kind = "in_progress";
  if (status === 404 && !problem) kind = "not_the_api";
  return new ApiError(kind, { detail: said?.detail, field: said?.field });
}

/**
 * Why there was no answer that could be read: a browser tells no one why it kept an answer back, but where one
 * that nobody reads gets through, something is there.
 *
 * @param {string} url
 * @returns {Promise<Kind>}
 */
async function unanswered(url) {
  if (!navigator.onLine) return "offline";
  try {
    await fetch(url, { mode: "no-cors", credentials: "omit", cache: "no-store" });
    return "withheld";
  } catch {
    return "unreachable";
  }
}
