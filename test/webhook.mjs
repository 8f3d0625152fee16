// Verifies a message of a webhook by the reference library. Standard input is {"secret", "headers", "body"}; the message goes to
// standard output.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { secret, headers, body } = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(new Webhook(secret).verify(body, headers)));
