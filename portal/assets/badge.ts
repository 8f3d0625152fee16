// Every page of a full session says how many messages are unread, and goes on saying it.
import { followBadge } from "./live/badge";

const root = document.getElementById("badge");
if (root !== null) followBadge(root);
