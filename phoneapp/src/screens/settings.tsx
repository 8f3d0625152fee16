import type { JSX } from "preact";
import { languages } from "../i18n";
import { useApp, useCore } from "../ui/app-context";
import { Bar, Screen } from "../ui/screen";
import { LinkRow } from "../ui/surfaces";
import { NotificationsRow } from "./notifications";
import { SensorChip } from "./sensor";

interface ChoiceProps<T extends string> {
  readonly name: string;
  readonly legend: string;
  readonly hint?: string;
  readonly chosen: T;
  readonly options: readonly (readonly [T, string])[];
  readonly onChoose: (value: T) => void;
}

function Choice<T extends string>({ name, legend, hint, chosen, options, onChoose }: ChoiceProps<T>): JSX.Element {
  return (
    <fieldset class="choice">
      <legend class="h3">{legend}</legend>
      {hint !== undefined && <p class="field-hint">{hint}</p>}
      {options.map(([value, label]) => (
        <label class="check" key={value}>
          <input type="radio" name={name} id={`${name}-${value}`} value={value} checked={value === chosen} onChange={() => onChoose(value)} />
          <span lang={name === "language" ? value : undefined}>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** How the app looks on this phone. */
export function Settings(): JSX.Element {
  const { texts, nav, device, preferences, setPreferences, setLanguage } = useApp();
  const known = Object.entries(languages);
  const active = useCore(["users"], (core) => core.users().some(({ state }) => state === "active"));
  return (
    <Screen bar={<Bar />} title={texts.t("settings.title")}>
      {known.length > 1 && (
        <Choice name="language" legend={texts.t("settings.language")} chosen={texts.language} options={known} onChoose={setLanguage} />
      )}
      <Choice
        name="drawing" legend={texts.t("settings.drawing")} hint={texts.t("settings.drawing.hint")} chosen={preferences.drawing}
        options={[["android", texts.t("settings.android")], ["ios", texts.t("settings.ios")]]}
        onChoose={(drawing) => setPreferences({ ...preferences, drawing })}
      />
      <Choice
        name="theme" legend={texts.t("settings.theme")} chosen={preferences.theme}
        options={[["device", texts.t("settings.theme.device")], ["light", texts.t("settings.theme.light")], ["dark", texts.t("settings.theme.dark")]]}
        onChoose={(theme) => setPreferences({ ...preferences, theme })}
      />
      <div class="rows rows-closed">
        <LinkRow
          id="sensor" icon={preferences.drawing === "android" ? "fingerprint" : "face"} title={texts.t(preferences.drawing === "android" ? "sensor.title.android" : "sensor.title.ios")}
          second={<SensorChip />} onClick={() => nav.go({ screen: "sensor" })}
        />
        <NotificationsRow />
        {active && (
          <LinkRow id="phone-name" icon="phone" title={texts.t("phone_name.title")} second={<bdi>{preferences.phoneName ?? device.name}</bdi>} onClick={() => nav.go({ screen: "phone-name" })} />
        )}
      </div>
    </Screen>
  );
}
