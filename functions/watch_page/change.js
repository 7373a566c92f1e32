"use strict";
// Changes a video with the link of this page. A key of this page load makes a repeated request the same one.
{
  const POLL_MS = 3000;
  const byId = (id) => document.getElementById(id);
  const section = byId("change");
  const { videoId, pageKey, state, estimate, changes, deletion, running } = section.dataset;

  for (const part of document.querySelectorAll(".scriptless")) part.remove();

  const report = (text) => { byId("feedback").textContent = text; };
  const show = (id, visible) => { const part = byId(id); if (part) part.hidden = !visible; };

  const send = async (address, body) => {
    let answer;
    try {
      answer = await fetch(address, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": pageKey },
        body: JSON.stringify(body),
        credentials: "omit",
      });
    } catch {
      throw new Error("The server did not answer. Check your connection, and try again.");
    }
    const said = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.detail || "The request failed. Try again later.");
    return said;
  };

  const busy = async (button, work) => {
    button.disabled = true;
    report("");
    try {
      await work();
    } catch (error) {
      report(error.message);
    } finally {
      button.disabled = false;
    }
  };

  const look = async () => {
    try {
      const answer = await fetch(state, { credentials: "omit", cache: "no-store" });
      if (answer.status === 403 || answer.status === 410) return location.reload();
      const now = await answer.json();
      if (!now.running) return location.reload();
      byId("step").textContent = now.message;
      byId("progress").value = now.progress;
    } catch {
      // The next look may get through.
    }
    setTimeout(look, POLL_MS);
  };

  const work = () => {
    show("ask", false);
    show("confirm", false);
    show("deletion", false);
    show("working", true);
    look();
  };

  const ask = byId("ask");
  if (running === "yes") {
    work();
  } else if (ask) {
    const sentence = byId("sentence");
    ask.hidden = false;
    for (const chip of ask.querySelectorAll("[data-sentence]")) {
      chip.addEventListener("click", () => {
        sentence.value = chip.dataset.sentence;
        sentence.focus();
      });
    }
    ask.addEventListener("submit", (event) => {
      event.preventDefault();
      busy(event.submitter || ask.querySelector("[type=submit]"), async () => {
        const offer = await send(estimate, { instruction: sentence.value });
        byId("price").textContent = `“${sentence.value.trim()}” Price: ${offer.expected}. Left on this link: ${offer.left}.`;
        show("ask", false);
        show("confirm", true);
        byId("yes").focus();
      });
    });
    byId("no").addEventListener("click", () => {
      show("confirm", false);
      show("ask", true);
      sentence.focus();
    });
    byId("yes").addEventListener("click", (event) => busy(event.currentTarget, async () => {
      const begun = await send(changes, { instruction: sentence.value });
      byId("step").textContent = `Version ${begun.version} is being made.`;
      work();
      report("The change was accepted. This page shows the new version when it is ready.");
    }));
  }
  if (running !== "yes") show("deletion", true);
  byId("delete")?.addEventListener("click", (event) => busy(event.currentTarget, async () => {
    await send(deletion, { video_id: videoId });
    location.reload();
  }));
}
