// Android prints capitals and its own names for things; the drawing is the same.
import { useApp } from "../ui/app-context";

/** Labels that differ by platform. */
export function useWords() {
  const { texts, preferences } = useApp();
  const android = preferences.drawing === "android";
  return {
    android,
    register: texts.t(android ? "register.android" : "register.ios"),
    code: texts.t(android ? "code.name.android" : "code.name.ios"),
    codeTitle: texts.t(android ? "code.title.android" : "code.title.ios"),
    camera: texts.t(android ? "camera.name.android" : "camera.name.ios"),
    activate: texts.t(android ? "activate.android" : "activate.ios"),
    done: texts.t(android ? "done.android" : "done.ios"),
    sensor: texts.t(android ? "sensor.android" : "sensor.ios"),
  };
}
