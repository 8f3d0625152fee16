import type { JSX } from "preact";
import { useApp } from "../ui/app-context";
import { Bar, Screen } from "../ui/screen";
import { Banner, Chip } from "../ui/surfaces";
import { useWords } from "./words";

/** Whether this phone's own lock can confirm, and the way to set it up. */
export function Sensor(): JSX.Element {
  const { texts, biometric } = useApp();
  const { android } = useWords();
  const steps = android
    ? (["sensor.android.step1", "sensor.android.step2", "sensor.android.step3"] as const)
    : (["sensor.ios.step1", "sensor.ios.step2", "sensor.ios.step3"] as const);
  return (
    <Screen bar={<Bar title={texts.t("settings.title")} />} title={texts.t(android ? "sensor.title.android" : "sensor.title.ios")} lead={texts.t("sensor.lead")}>
      <p class="screen-status" role="status"><SensorChip /></p>
      {!biometric && <p class="screen-block">{texts.t("sensor.missing")}</p>}
      <section class="screen-block">
        <h2 class="h3">{texts.t(biometric ? "sensor.more" : "sensor.how")}</h2>
        <ol class="numbered screen-status">{steps.map((key) => <li key={key}>{texts.t(key)}</li>)}</ol>
      </section>
      <div class="screen-block">
        <Banner icon="lock" title={texts.t("sensor.lock.title")}>{texts.t("sensor.lock")}</Banner>
      </div>
    </Screen>
  );
}

export function SensorChip(): JSX.Element {
  const { texts, biometric } = useApp();
  return biometric ? <Chip kind="done">{texts.t("sensor.available")}</Chip> : <Chip kind="past" icon="info">{texts.t("sensor.unavailable")}</Chip>;
}
