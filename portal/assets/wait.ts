// The waiting page opens by itself once the phone has answered.
import { watch } from "./live/watch";

const root = document.getElementById("wait");
if (root !== null) watch(root, (path) => window.location.replace(path));
