// The waiting page opens by itself once the phone has answered; a test notification counts the seconds.
import { countUp } from "./live/elapsed";
import { watch } from "./live/watch";

const root = document.getElementById("wait");
if (root !== null) {
  countUp(root);
  watch(root, (path) => window.location.replace(path));
}
