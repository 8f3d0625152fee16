// The words for each step of a notification's way, and what repairs it on this platform.
import type { PushCheck, PushReport } from "../core/contract";
import type { PhoneKey, Texts } from "../i18n";
import type { Environment } from "../install/environment";

const names: Readonly<Record<PushCheck["name"], PhoneKey>> = {
  permission: "notify.check.permission",
  worker: "notify.check.worker",
  subscription: "notify.check.subscription",
  service: "notify.check.service",
  receipt: "notify.check.receipt",
};

export function nameOf(texts: Texts, name: PushCheck["name"]): string {
  return texts.t(names[name]);
}

const reasons: Readonly<Record<PushCheck["reason"], PhoneKey>> = {
  granted: "notify.check.permission.granted",
  default: "notify.check.permission.default",
  denied: "notify.check.permission.denied",
  none: "notify.check.permission.none",
  ready: "notify.check.worker.ready",
  starting: "notify.check.worker.starting",
  absent: "notify.check.worker.absent",
  subscribed: "notify.check.subscription.subscribed",
  missing: "notify.check.subscription.missing",
  refused: "notify.check.subscription.refused",
  unsupported: "notify.check.subscription.unsupported",
  accepts: "notify.check.service.accepts",
  untried: "notify.check.service.untried",
  failing: "notify.check.service.failing",
  forgotten: "notify.check.service.forgotten",
  off: "notify.check.service.off",
  unasked: "notify.check.service.unasked",
  nobody: "notify.check.service.nobody",
  arrived: "notify.check.receipt.arrived",
  lost: "notify.check.receipt.lost",
  waiting: "notify.check.receipt.waiting",
  never: "notify.check.receipt.never",
};

/** How it is, and what repairs it. */
export function sentenceOf(texts: Texts, check: PushCheck, environment: Environment, { service }: PushReport): string {
  const { reason } = check;
  if (reason === "unsupported" && environment.platform === "ios") return texts.t("notify.ios");
  if (reason === "refused" && environment.withoutGoogle) return texts.t("notify.check.subscription.google");
  return texts.t(reasons[reason], { Service: service ?? texts.t(names.service) });
}

/** What to look at when a notification arrives and nobody notices, or does not arrive although every step is good. */
export function unseenSteps(texts: Texts, { platform, installed }: Environment, name: string, host: string): string[] {
  switch (platform) {
    case "ios":
      return [texts.t("notify.unseen.ios1", { Name: name }), texts.t("notify.unseen.ios2", { Name: name }), texts.t("notify.unseen.ios3"), texts.t("notify.unseen.ios4")];
    case "android":
      return [
        texts.t("notify.unseen.android1"), texts.t(installed ? "notify.unseen.android2.app" : "notify.unseen.android2.browser"), texts.t("notify.unseen.android3"),
        texts.t("notify.unseen.site", { Host: host }),
      ];
    case "other":
      return [texts.t("notify.unseen.other1"), texts.t("notify.unseen.other2"), texts.t("notify.unseen.other3"), texts.t("notify.unseen.site", { Host: host })];
  }
}
