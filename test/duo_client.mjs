// Duo's own client for Node, driven line by line: the first line says {ikey, skey, host, port, root, version}, each further one
// {method, path, params}; each answer goes out as a line of JSON. The client only speaks to port 443 and to roots of its own, so
// the module that holds these is given the test's, and its agent the port.
import { readFileSync } from "node:fs";
import https from "node:https";
import { createInterface } from "node:readline";
import constants from "@duosecurity/duo_api/lib/constants.js";
import duo from "@duosecurity/duo_api";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { ikey, skey, host, port, root, version } = JSON.parse((await lines.next()).value);
constants.DUO_PINNED_CERT = readFileSync(root, "utf8");
const request = https.request;
https.request = (options, done) => request({ ...options, port, host: "127.0.0.1", servername: "localhost", headers: { ...options.headers, Host: `${host}:${port}` } }, done);
const client = new duo.Client(ikey, skey, host, version);
for await (const line of lines) {
  const { method, path, params } = JSON.parse(line);
  const answer = await new Promise((done) => client.jsonApiCall(method, path, params, done));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
