// Files on their way to S3, directly, with a form that the API signs.

const BATCH_FILE = /\.(csv|tsv|xlsx|jsonl|ndjson)$/i;
const MEGABYTE = 1024 * 1024;

/** One file: its line on the page, and its upload. */
class Upload {
  /** The id with which the API knows the file, once it is stored. */
  uploadId = "";
  problem = "";
  #request = new XMLHttpRequest();

  /**
   * @param {Api} api
   * @param {File} file
   * @param {() => void} changed
   */
  constructor(api, file, changed) {
    this.api = api;
    this.file = file;
    this.changed = changed;
    this.line = copyOf("upload-line");
    this.isGone = false;
    write(this.line, ".name", file.name);
    partOf(this.line, ".remove").setAttribute(
      "aria-label",
      `Remove ${file.name}`,
    );
    partOf(this.line, ".again").setAttribute(
      "aria-label",
      `Upload ${file.name} again`,
    );
    partOf(this.line, ".again").addEventListener("click", () => this.start());
    partOf(this.line, ".remove").addEventListener("click", () => this.remove());
  }

  get isBatch() {
    return BATCH_FILE.test(this.file.name);
  }

  get isUnderWay() {
    return !this.uploadId && !this.problem;
  }

  async start() {
    this.problem = "";
    this.#show(0, "Uploading");
    try {
      const form = await this.api.post("v1/uploads", {
        file_name: this.file.name,
      });
      if (this.isGone) return;
      if (this.file.size > form.max_bytes) {
        throw new ApiError(
          `This file is too large. The limit is ${Math.floor(form.max_bytes / MEGABYTE)} MB.`,
        );
      }
      await this.#send(form);
      this.uploadId = form.upload_id;
      this.#show(100, "Uploaded");
    } catch (error) {
      if (this.isGone) return;
      this.problem = error instanceof Error ? error.message : String(error);
      this.#show(0, this.problem);
      if (error instanceof ApiError && error.isAboutTheKey)
        document.dispatchEvent(new Event("key-refused"));
    }
  }

  remove() {
    this.isGone = true;
    this.#request.abort();
    this.line.remove();
    this.changed();
  }

  /** @param {{url: string, fields: Record<string, string>}} form */
  #send({ url, fields }) {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields))
      body.append(name, value);
    body.append("file", this.file);
    const request = (this.#request = new XMLHttpRequest());
    return new Promise((done, fail) => {
      const failed = () =>
        fail(
          new ApiError(
            "The upload failed. Check your connection, and try again.",
          ),
        );
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        const percent = Math.floor((100 * loaded) / total);
        this.#show(percent, `${percent}%`);
      });
      request.addEventListener("load", () => {
        if (request.status >= 200 && request.status < 300) done(undefined);
        else
          fail(
            new ApiError(
              "The file was not accepted. Check that it is not empty, and try again.",
            ),
          );
      });
      request.addEventListener("error", failed);
      request.addEventListener("abort", failed);
      request.open("POST", url);
      request.send(body);
    });
  }

  /** @param {number} percent @param {string} news */
  #show(percent, news) {
    const bar = partOf(this.line, "progress");
    bar.value = percent;
    bar.hidden = !this.isUnderWay;
    write(this.line, ".news", news);
    partOf(this.line, ".again").hidden = !this.problem;
    this.changed();
  }
}
