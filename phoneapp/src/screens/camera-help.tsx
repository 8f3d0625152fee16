import type { JSX } from "preact";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { Bar, Screen } from "../ui/screen";
import { Parts } from "../ui/surfaces";
import { allowSteps } from "./camera-allow";
import { useWords } from "./words";

/** Everything about cameras that helps and does not fit beside a running one. */
export function CameraHelp(): JSX.Element {
  const { texts, nav, environment } = useApp();
  const words = useWords();
  const steps = allowSteps(environment).map((key) => texts.t(key));
  return (
    <Screen
      bar={<Bar title={words.camera} capitals={words.android} />} title={texts.t("camera_help.title")}
      actions={<Button id="type" kind="plain" icon="keyboard" onClick={() => nav.reset({ screen: "code" })}>{texts.t("scan.type")}</Button>}
    >
      <Parts
        parts={[
          { icon: "camera", title: texts.t("camera_help.app.title"), text: texts.t("camera_help.app") },
          { icon: "lock", title: texts.t("camera_help.allow.title"), text: texts.join(...steps) },
          {
            icon: "phone", title: texts.t("camera_help.own.title"),
            text: texts.t(environment.platform === "ios" ? "camera_help.own.ios" : "camera_help.own.android"),
          },
          { icon: "keyboard", title: texts.t("camera_help.type.title"), text: texts.t("camera_help.type") },
        ]}
      />
    </Screen>
  );
}
