/** Makes a video with a client of openapi-typescript and openapi-fetch: [address of the API] [key] [Idempotency-Key] */
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Video = components["schemas"]["VideoResource"];

const [, , baseUrl = "", key = "", repeatKey = ""] = process.argv;
const api = createClient<paths>({ baseUrl, headers: { "x-api-key": key } });
const body = { instruction: "Make a 3 second video with the title 'Spring sale'", duration_seconds: 3 };

async function ended(video: Video): Promise<Video> {
  while (video.stage !== "ended") {
    const params = { path: { video_id: video.id }, query: { wait: 20 } };
    const { data, error } = await api.GET("/v1/videos/{video_id}", { params });
    if (!data) throw new Error(error?.detail);
    video = data;
  }
  return video;
}

async function made(): Promise<Video> {
  const estimate = await api.POST("/v1/videos/estimate", { body });
  if (!estimate.data?.allowed) throw new Error(estimate.error?.detail);
  const { data, error } = await api.POST("/v1/videos", {
    body,
    params: { header: { "Idempotency-Key": repeatKey } },
  });
  if (!data) throw new Error(`${error.type}: ${error.detail}`);
  return ended(data);
}

// @ts-expect-error: a mistyped field does not compile.
export const mistyped: components["schemas"]["VideoRequest"] = { instuction: "Introduce it" };

const video = await made();
console.log(JSON.stringify({ id: video.id, status: video.status, link: video.links.video }));
