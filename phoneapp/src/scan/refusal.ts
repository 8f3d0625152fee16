// What it means that a camera was not given.

import { PhoneFault } from "../core/contract";

/** How lasting a no is, in args.how of "camera.denied": asked again next time, kept by the browser, the system's own, not told. */
export type Refusal = "once" | "kept" | "system" | "unknown";

/**
 * The fault for what getUserMedia threw (Media Capture and Streams §10.3.1): camera.denied with args.how, camera.absent or
 * camera.busy.
 */
export async function cameraFault(cause: unknown): Promise<PhoneFault> {
  switch (cause instanceof Error || cause instanceof DOMException ? cause.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return new PhoneFault("camera.denied", { how: await refusal(cause as Error) }, { cause });
    case "NotFoundError":
    case "OverconstrainedError":
      return new PhoneFault("camera.absent", {}, { cause });
    default:
      return new PhoneFault("camera.busy", {}, { cause });
  }
}

async function refusal(cause: Error): Promise<Refusal> {
  // Chromium's words where the phone's settings keep the camera from the whole browser.
  if (/by system/i.test(cause.message)) return "system";
  const status = await cameraPermission();
  return status === undefined ? "unknown" : status.state === "denied" ? "kept" : "once";
}

/** What the browser keeps of the camera and this address; undefined where it does not tell. */
export async function cameraPermission(): Promise<PermissionStatus | undefined> {
  if (!("permissions" in navigator)) return undefined;
  return navigator.permissions.query({ name: "camera" }).catch(() => undefined);
}
