import type { JSX } from "preact";
import { installable } from "../install/environment";
import { useApp } from "../ui/app-context";
import { Bar, Screen } from "../ui/screen";
import { LinkRow } from "../ui/surfaces";

/** Services: what the app does before and beside the sign-in. */
export function Services(): JSX.Element {
  const { texts, nav } = useApp();
  return (
    <Screen bar={<Bar />} title={texts.t("services.title")}>
      <div class="rows screen-rows">
        <LinkRow id="authenticate" icon="shield-check" title={texts.t("services.authenticate")} second={texts.t("services.authenticate.second")} onClick={() => nav.go({ screen: "users" })} />
        <Common />
      </div>
    </Screen>
  );
}

/** More: the same from the home screen. */
export function More(): JSX.Element {
  const { texts, nav } = useApp();
  return (
    <Screen bar={<Bar />} title={texts.t("more.title")}>
      <div class="rows screen-rows">
        <LinkRow id="two-factor" icon="shield-check" title={texts.t("users.title")} second={texts.t("more.two_factor.second")} onClick={() => nav.go({ screen: "users" })} />
        <Common />
      </div>
    </Screen>
  );
}

function Common(): JSX.Element {
  const { texts, nav, environment } = useApp();
  return (
    <>
      {installable(environment) && (
        <LinkRow id="install-app" icon="download" title={texts.t("first.install")} second={texts.t("install.second")} onClick={() => nav.go({ screen: "install" })} />
      )}
      <LinkRow id="settings" icon="settings" title={texts.t("settings.title")} second={texts.t("settings.second")} onClick={() => nav.go({ screen: "settings" })} />
      <LinkRow id="about" icon="info" title={texts.t("about.title")} second={texts.t("about.second")} onClick={() => nav.go({ screen: "about" })} />
    </>
  );
}
