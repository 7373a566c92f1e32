// Requests to the API at this page's own address, with the key that was typed in.

/** The address of the stack. Browsers open it with and without a slash at its end. */
const BASE = location.pathname.replace(/\/?$/, "/");
const KEY_FORM = /^nvp_[A-Za-z0-9_-]{1,64}$/;
/** Seconds until a request is repeated, if the answer does not say. */
const RETRY_SECONDS = 10;

/** Why a request has no good answer. The message is for people: the API's own sentence, where there is one. */
class ApiError extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, type?: string, retrySeconds?: number}} [about]
   */
  constructor(
    message,
    { status = 0, type = "", retrySeconds = RETRY_SECONDS } = {},
  ) {
    super(message);
    this.status = status;
    this.type = type;
    this.retrySeconds = retrySeconds;
  }

  /** Whether the key is missing, unknown or revoked. */
  get isAboutTheKey() {
    return (
      this.status === 401 ||
      (this.status === 403 && !this.type.endsWith(":scope"))
    );
  }
}

/** The sentence for an answer that has none of its own. @param {number} status */
const sentenceFor = (status) => {
  if (status === 401 || status === 403)
    return "This key is unknown or was revoked.";
  if (status === 404) return "Not found. It may have been deleted.";
  if (status === 429) return "Too many requests. Try again in a few seconds.";
  return "The request failed. Try again later.";
};

/**
 * @param {string} path  without a slash at its beginning
 * @param {RequestInit} request
 * @returns {Promise<{status: number, tag: string | null, said: any}>}
 */
const ask = async (path, request) => {
  let answer;
  try {
    answer = await fetch(BASE + path, {
      ...request,
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
    });
  } catch {
    throw new ApiError(
      request.signal?.aborted
        ? ""
        : "The server did not answer. Check your connection, and try again.",
    );
  }
  const said =
    answer.status === 304 ? null : await answer.json().catch(() => null);
  if (!answer.ok && answer.status !== 304) {
    throw new ApiError(said?.detail || sentenceFor(answer.status), {
      status: answer.status,
      type: said?.type || "",
      retrySeconds: Number(answer.headers.get("Retry-After")) || RETRY_SECONDS,
    });
  }
  return { status: answer.status, tag: answer.headers.get("ETag"), said };
};

/** Send what needs no key. @param {string} path @param {object} body */
const postWithoutKey = async (path, body) => {
  const headers = { "Content-Type": "application/json" };
  const request = { method: "POST", headers, body: JSON.stringify(body) };
  return (await ask(path, request)).said;
};

/** One key's way to the API. It ends when somebody signs out. */
class Api {
  #key;
  #ending = new AbortController();

  /** @param {string} key */
  constructor(key) {
    this.#key = key;
  }

  /** Whether somebody has signed out. */
  get hasEnded() {
    return this.#ending.signal.aborted;
  }

  end() {
    this.#key = "";
    this.#ending.abort();
  }

  /**
   * @param {string} path  without a slash at its beginning
   * @param {Record<string, string>} [headers]
   * @returns {Promise<{status: number, tag: string | null, said: any}>}
   */
  get(path, headers = {}) {
    return this.#send(path, { headers });
  }

  /**
   * @param {string} path
   * @param {object} body
   * @param {string} [repeatKey]  the same for requests that shall be carried out once
   */
  async post(path, body, repeatKey) {
    /** @type {Record<string, string>} */
    const headers = { "Content-Type": "application/json" };
    if (repeatKey) headers["Idempotency-Key"] = repeatKey;
    return (
      await this.#send(path, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      })
    ).said;
  }

  /**
   * @param {string} path
   * @param {RequestInit & {headers: Record<string, string>}} request
   */
  #send(path, request) {
    const headers = { ...request.headers, "x-api-key": this.#key };
    return ask(path, { ...request, headers, signal: this.#ending.signal });
  }
}

/** A new key for a request that shall be carried out once. `randomUUID` needs HTTPS. */
const newRepeatKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

/**
 * What this tab remembers until it is closed: the key.
 * @param {string} name
 */
const remembered = (name) => sessionStorage.getItem(name) || "";
/** @param {string} name @param {string} value */
const remember = (name, value) => sessionStorage.setItem(name, value);
const forget = () => sessionStorage.clear();

/**
 * A link of the API, beside this page. The API names the stack's public address, and people may use another one.
 * @param {string | null | undefined} link
 * @param {"/watch/" | "/batches/"} folder
 */
const besideThisPage = (link, folder) => {
  const at = link ? link.indexOf(folder) : -1;
  return link && at >= 0 ? BASE + link.slice(at + 1) : null;
};
