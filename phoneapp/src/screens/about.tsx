import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useApp } from "../ui/app-context";
import { Bar, Screen } from "../ui/screen";
import { Seal } from "../ui/seal";
import { Receipt } from "../ui/surfaces";
import { fingerprint } from "../ui/server-key";

/** Whose app this is. */
export function About(): JSX.Element {
  const { texts, server, host, version } = useApp();
  const [print, setPrint] = useState("");
  useEffect(() => {
    if (server !== undefined) void fingerprint(server.key).then(setPrint);
  }, [server]);
  return (
    <Screen
      bar={<Bar title={texts.t("about.title")} />} head={<Seal serverKey={server?.key} />} title={server?.name ?? texts.t("about.title")}
      lead={server === undefined ? texts.t("about.unknown") : texts.rich("first.belongs", { Operator: <strong>{server.operator}</strong> })}
    >
      <Receipt
        sheet rows={[
          ...(server === undefined ? [] : [{ name: texts.t("about.operator"), value: server.operator }]),
          { name: texts.t("about.host"), value: host },
          ...(print === "" ? [] : [{ name: texts.t("about.fingerprint"), value: <span class="mono">{print}</span> }]),
          { name: texts.t("about.version"), value: version },
        ]}
      />
      <p class="second small">{texts.t("about.free")}</p>
    </Screen>
  );
}
