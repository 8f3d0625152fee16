import type { JSX } from "preact";
import { useApp } from "../ui/app-context";
import { Seal } from "../ui/seal";

/** Whose app this is, before it is installed: the server's name, who operates it, its address and its seal. */
export function Whose(): JSX.Element {
  const { texts, server, host } = useApp();
  return (
    <div class="sheet whose" id="whose">
      <Seal serverKey={server?.key} />
      <div class="whose-text">
        <strong>{server?.name ?? host}</strong>
        {server !== undefined && <span>{texts.t("install.whose", { Operator: server.operator })}</span>}
        {server !== undefined && <span class="mono">{host}</span>}
      </div>
    </div>
  );
}
