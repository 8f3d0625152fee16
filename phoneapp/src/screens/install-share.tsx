import type { JSX } from "preact";
import { useApp } from "../ui/app-context";
import { Button } from "../ui/button";
import { Bar, Screen } from "../ui/screen";
import { DrawnBar, DrawnRow, DrawnSwitch } from "./drawn";
import { Whose } from "./whose";

/** iPhone and iPad: the share sheet puts the app on the home screen. */
export function InstallFromShare(): JSX.Element {
  const { texts, nav, environment } = useApp();
  const inMenu = environment.browser === "firefox" || environment.browser === "edge";
  // Safari has its bar at the bottom of an iPhone; on an iPad, and in the others, the sign is at the top.
  const below = inMenu || (environment.browser === "safari" && environment.ios !== undefined);
  const add = texts.t("install.item.ios");
  const confirm = texts.t("install.item.ios_add");
  const webApp = texts.t("install.item.web_app");
  return (
    <Screen
      bar={<Bar />} title={texts.t("install.title.ios")} lead={texts.t("install.lead")}
      actions={<Button id="added" onClick={() => nav.go({ screen: "installed" })}>{texts.t("install.added")}</Button>}
    >
      <Whose />
      <ol class="numbered screen-block">
        <li>
          <div>
            {texts.t(inMenu ? "install.step.share_menu" : "install.step.share")}
            <DrawnBar edge={below ? "bottom" : "top"} at={below && !inMenu ? "middle" : "end"} icon={inMenu ? "menu" : "share"} />
          </div>
        </li>
        <li><div>{texts.t("install.step.add_ios", { Item: add })}<DrawnRow icon="plus-square">{add}</DrawnRow></div></li>
        <li><div>{texts.t("install.step.confirm_ios", { Item: confirm, Other: webApp })}<DrawnSwitch>{webApp}</DrawnSwitch></div></li>
      </ol>
    </Screen>
  );
}
