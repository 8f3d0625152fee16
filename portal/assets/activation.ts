// The activation banner: its countdown, and the page anew when a phone has
// answered or the code has run out.
import { watch } from "./live/watch";

const root = document.getElementById("activation");
if (root !== null) watch(root, (path) => window.location.replace(path));
