import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useApp } from "../ui/app-context";
import { Bar, Screen } from "../ui/screen";
import { Seal } from "../ui/seal";
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
      <dl class="facts sheet">
        {server !== undefined && (
          <>
            <dt>{texts.t("about.operator")}</dt>
            <dd>{server.operator}</dd>
          </>
        )}
        <dt>{texts.t("about.host")}</dt>
        <dd>{host}</dd>
        {print !== "" && (
          <>
            <dt>{texts.t("about.fingerprint")}</dt>
            <dd class="mono">{print}</dd>
          </>
        )}
        <dt>{texts.t("about.version")}</dt>
        <dd>{version}</dd>
      </dl>
      <p class="second small">{texts.t("about.free")}</p>
    </Screen>
  );
}
