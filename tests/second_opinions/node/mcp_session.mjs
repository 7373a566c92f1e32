// Uses the MCP server as an agent does, with one of the two official TypeScript clients, and prints what it got.
import { readFileSync } from "node:fs";

const { kit, url, key, create } = JSON.parse(readFileSync(0, "utf8"));

async function connected() {
  const about = { name: "test", version: "1" };
  const options = { requestInit: { headers: { "x-api-key": key } } };
  if (kit === "2026-07-28") {
    const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
    const client = new Client(about, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
    await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
    return client;
  }
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const client = new Client(about);
  await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
  return client;
}

const client = await connected();
const { tools } = await client.listTools();
const created = await client.callTool({ name: "create_video", arguments: create });
const video_id = created.structuredContent.id;
let ended;
do {
  ended = await client.callTool({ name: "wait_for_video", arguments: { video_id } });
} while (ended.structuredContent.stage !== "ended" || ended.content.length < 2); // a poster may be late
const refused = await client.callTool({ name: "create_video", arguments: { duration_seconds: 3 } });
await client.close();
console.log(JSON.stringify({ tools: tools.map(({ name }) => name), created, ended, refused }));
