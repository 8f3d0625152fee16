import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Browser } from "../install/environment";
import type { Key } from "../i18n";
import { useApp, useTask } from "../ui/app-context";
import { Button } from "../ui/button";
import type { IconName } from "../ui/icon";
import { Result } from "../ui/result";
import { Bar, Screen } from "../ui/screen";
import { Banner } from "../ui/surfaces";
import { DrawnApp, DrawnBar, DrawnRow } from "./drawn";
import { useAppName, useCode } from "./install";
import { Whose } from "./whose";
import { Working } from "./working";

interface MenuWay {
  readonly open: Key;
  readonly edge: "top" | "bottom";
  readonly icon: IconName;
  readonly sentence: "install.step.choose" | "install.step.either" | "install.step.then";
  readonly item: Key;
  readonly other?: Key;
}

const dots = { open: "install.step.dots_top", edge: "top", icon: "dots" } as const;
const bottom = { open: "install.step.menu_bottom", edge: "bottom", icon: "menu" } as const;
const usual: MenuWay = { ...dots, sentence: "install.step.either", item: "install.item.app", other: "install.item.add" };

/** Where each browser's menu is and what it calls the deed. */
const ways: Readonly<Record<Browser, MenuWay>> = {
  chrome: usual,
  other: usual,
  safari: usual,
  samsung: { ...bottom, sentence: "install.step.then", item: "install.item.page", other: "install.item.home" },
  firefox: { ...dots, open: "install.step.dots_beside", sentence: "install.step.either", item: "install.item.app", other: "install.item.add" },
  edge: { ...bottom, sentence: "install.step.choose", item: "install.item.phone" },
  opera: { ...dots, sentence: "install.step.then", item: "install.item.to", other: "install.item.home" },
  huawei: { ...bottom, icon: "dots", sentence: "install.step.either", item: "install.item.add", other: "install.item.page" },
  xiaomi: { ...bottom, sentence: "install.step.either", item: "install.item.add", other: "install.item.page" },
};

/** Android: the browser's own prompt where it offers one, else the way through its menu. */
export function InstallFromMenu(): JSX.Element {
  const { texts, environment, installer, nav, draft, handOver } = useApp();
  const code = useCode();
  const name = useAppName();
  const [, again] = useState(0);
  const [busy, run] = useTask();
  useEffect(() => installer.on(() => again((n) => n + 1)), [installer]);
  // Not every browser tells when it has installed, so the code is laid ready before.
  useEffect(() => {
    if (code !== undefined) handOver(draft);
  }, [code, draft, handOver]);

  const stay = (
    <Button
      id="stay" kind="text"
      onClick={() => {
        handOver(undefined);
        nav.replace({ screen: code === undefined ? "code" : "looking" });
      }}
    >
      {texts.t("install.stay")}
    </Button>
  );
  if (installer.state === "accepted" || installer.state === "installed") {
    const done = installer.state === "installed";
    return (
      <Result
        ring={done ? "done" : "waiting"} bar={<Bar />} title={texts.t(done ? "install.done.title" : "install.busy.title")} actions={stay}
        lead={texts.join(done ? "" : texts.t("install.busy"), texts.t("install.done.open", { Name: name }), code === undefined ? "" : texts.t("install.done.code"))}
      >
        <DrawnApp name={name} />
        <p class="spoken" role="status">{texts.t(done ? "install.done.title" : "install.busy.title")}</p>
      </Result>
    );
  }
  const offered = installer.state === "offered";
  return (
    <Screen
      bar={<Bar />} title={texts.t("install.title")} lead={texts.join(texts.t("install.lead.android"), code === undefined ? "" : texts.t("install.lead.code"))}
      actions={
        <>
          {offered && <Button id="install" icon="download" busy={busy} onClick={() => run(() => installer.ask())}>{texts.t("install.button")}</Button>}
          {stay}
        </>
      }
    >
      <Whose />
      <div role="status">{installer.state === "dismissed" && <Banner kind="look" icon="info">{texts.t("install.dismissed")}</Banner>}</div>
      {!offered && <MenuSteps browser={environment.browser} name={name} />}
      {code !== undefined && <p class="second small screen-status">{texts.t("install.there", { Name: name })}</p>}
      {environment.withoutGoogle && <Banner icon="bell">{texts.t("install.quiet")}</Banner>}
      <Working busy={busy} text={texts.t("install.busy.title")} />
    </Screen>
  );
}

function MenuSteps({ browser, name }: { browser: Browser; name: string }): JSX.Element {
  const { texts } = useApp();
  const way = ways[browser];
  const item = texts.t(way.item);
  const other = way.other === undefined ? "" : texts.t(way.other);
  return (
    <ol class="numbered screen-block">
      <li><div>{texts.t(way.open)}<DrawnBar edge={way.edge} at="end" icon={way.icon} /></div></li>
      <li><div>{texts.t(way.sentence, { Item: item, Other: other })}<DrawnRow icon="plus-square">{way.sentence === "install.step.then" ? other : item}</DrawnRow></div></li>
      <li><div>{texts.t("install.step.open_app", { Name: name })}</div></li>
    </ol>
  );
}
