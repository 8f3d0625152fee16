// Every page of a full session says how many messages are unread, and goes on saying it.
import { followBadge } from "./live/badge";
import { showNews } from "./live/news";

const root = document.getElementById("badge");
const news = document.getElementById("news");
if (root !== null) followBadge(root, news === null ? undefined : () => showNews(news));
