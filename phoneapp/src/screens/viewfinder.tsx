import type { JSX, RefObject } from "preact";
import { useState } from "preact/hooks";
import { nextZoom, type Zoom } from "../scan/lens";
import type { Scanner } from "../scan/scan";
import { useApp } from "../ui/app-context";
import { Icon } from "../ui/icon";

interface Props {
  readonly video: RefObject<HTMLVideoElement | null>;
  readonly scanner: Scanner | undefined;
  readonly onChange: () => void;
}

/** What the camera sees, with the tools that this camera has. */
export function Viewfinder({ video, scanner, onChange }: Props): JSX.Element {
  const { texts } = useApp();
  const [lit, light] = useState<string>(); // the camera whose lamp is on
  const [, drawn] = useState(0);
  const on = scanner !== undefined && lit === scanner.camera;
  const draw = (): void => drawn((n) => n + 1);
  const zoom = scanner?.zoom;
  return (
    <div class="viewfinder">
      <video ref={video} muted playsInline aria-label={texts.t("scan.view")} />
      <span class="viewfinder-frame" aria-hidden="true" />
      <div class="viewfinder-tools">
        {(scanner?.cameras.length ?? 0) > 1 && (
          <button type="button" class="viewfinder-tool" id="switch-camera" onClick={onChange}>
            <Icon name="camera-switch" size={20} /><span>{texts.t("scan.switch")}</span>
          </button>
        )}
        {zoom !== undefined && nextZoom(zoom) !== zoom.value && (
          <button
            type="button" class="viewfinder-tool" id="zoom" aria-label={texts.t("scan.zoom", { Factor: factorOf(zoom) })}
            onClick={() => void scanner?.setZoom(nextZoom(zoom)).then(draw, draw)}
          >
            {factorOf(zoom)}×
          </button>
        )}
        {scanner?.torch === true && (
          <button
            type="button" class="viewfinder-tool" id="torch" aria-pressed={on} aria-label={texts.t("scan.torch")}
            onClick={() => void scanner.setTorch(!on).then(() => light(on ? undefined : scanner.camera), draw)}
          >
            <Icon name="torch" size={20} />
          </button>
        )}
      </div>
    </div>
  );
}

/** How many times as near as at the start. */
function factorOf({ value, start }: Zoom): number {
  return Math.round(value / start);
}
