// The form for a new video or a batch: what it is made from, the price, and then the request.

const MOST_FILES = 10;

/** The panel for a new video. It keeps what was typed until the API has accepted it. */
class NewVideo {
  /** @type {Upload[]} */
  #uploads = [];
  /** A request that is repeated has the same key, so that it makes one video. */
  #sent = { body: "", key: "" };

  /**
   * @param {Api} api
   * @param {{video: (video: any) => void, batch: (batch: any) => void}} accepted
   */
  constructor(api, accepted) {
    this.api = api;
    this.accepted = accepted;
  }

  /** @param {Iterable<File>} files */
  add(files) {
    this.back();
    report("new-feedback", "");
    for (const file of files) {
      if (this.#uploads.length === MOST_FILES) {
        report(
          "new-feedback",
          `A video can be made from at most ${MOST_FILES} files.`,
        );
        break;
      }
      const upload = new Upload(this.api, file, () => this.#update());
      this.#uploads.push(upload);
      byId("uploads").append(upload.line);
      upload.start();
    }
    this.#update();
  }

  /** @returns {Promise<void>} */
  async showPrice() {
    const body = this.#body();
    const batch = this.#uploads.find((upload) => upload.isBatch);
    const offer = await this.api.post(
      "v1/videos/estimate",
      batch ? { instruction: "Make a video" } : body,
    );
    // Somebody may have typed on meanwhile: what is confirmed is what was priced.
    if (JSON.stringify(this.#body()) !== JSON.stringify(body))
      return this.showPrice();
    const first = batch
      ? `Each row of “${batch.file.name}” makes a video. Price of one video`
      : "Price";
    const limits = offer.allowed ? "" : ` ${offer.message}`;
    byId("price").textContent =
      `${first}: ${offer.expected}. You have ${inFigures(offer.available)} credits.${limits}`;
    byId("wanted").textContent = this.#wanted();
    byId("yes").textContent = batch ? "Make the videos" : "Make the video";
    byId("new-video").hidden = true;
    byId("confirm").hidden = false;
    byId("yes").focus();
  }

  /** What the video will be made from, in one line. */
  #wanted() {
    const sentence = byId("sentence").value.trim();
    const parts = [
      sentence && `“${sentence}”`,
      byId("url").value.trim(),
      ...this.#uploads.map((upload) => upload.file.name),
      byId("shape").value,
    ];
    return parts.filter(Boolean).join(" · ");
  }

  back() {
    if (byId("confirm").hidden) return;
    byId("confirm").hidden = true;
    byId("new-video").hidden = false;
    byId("sentence").focus();
  }

  async make() {
    const body = this.#body();
    const isBatch = this.#uploads.some((upload) => upload.isBatch);
    if (JSON.stringify(body) !== this.#sent.body) {
      this.#sent = { body: JSON.stringify(body), key: newRepeatKey() };
    }
    const made = await this.api.post(
      isBatch ? "v1/batches" : "v1/videos",
      body,
      this.#sent.key,
    );
    this.#sent = { body: "", key: "" };
    this.back();
    this.clear();
    if (isBatch) this.accepted.batch(made);
    else this.accepted.video(made);
    report(
      "new-feedback",
      isBatch
        ? "The batch was accepted."
        : "The video was accepted. Its progress is shown below.",
    );
  }

  clear() {
    this.takeFiles();
    byId("new-video").reset();
    report("new-feedback", "");
  }

  /** Remove the files, and return them. */
  takeFiles() {
    const uploads = [...this.#uploads];
    for (const upload of uploads) upload.remove();
    return uploads.map((upload) => upload.file);
  }

  #body() {
    const [first, ...others] = this.#uploads;
    if (this.#uploads.some((upload) => upload.isUnderWay))
      throw new Error("Wait until the files are uploaded.");
    if (this.#uploads.some((upload) => upload.problem)) {
      throw new Error(
        "A file was not uploaded. Upload it again, or remove it.",
      );
    }
    const url = byId("url").value.trim();
    const sentence = byId("sentence").value.trim();
    if (first && this.#uploads.some((upload) => upload.isBatch)) {
      if (others.length)
        throw new Error(
          "A batch file cannot be combined with other files. Remove them.",
        );
      if (url || sentence || byId("shape").value)
        throw new Error(
          "The rows of a batch say what to make. Clear the web page, the sentence and the format.",
        );
      return { upload_id: first.uploadId };
    }
    if (!first && !url && !sentence)
      throw new Error("Choose a file, or enter a web page or a sentence.");
    return {
      ...(sentence && { instruction: sentence }),
      ...(url && { url }),
      ...(first && {
        upload_ids: this.#uploads.map((upload) => upload.uploadId),
      }),
      ...(byId("shape").value && { aspect_ratio: byId("shape").value }),
    };
  }

  #update() {
    this.#uploads = this.#uploads.filter((upload) => !upload.isGone);
    byId("uploads").hidden = !this.#uploads.length;
  }
}
