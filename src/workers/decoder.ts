import type {Volume} from "../../loaders/formats/volume.js";
import type {Plane} from "../measures/image.js";
import {codecSources} from "./codec-sources.js";
import {type Cut, decodeGiven, type VolumeFacts, volumeFacts, volumePlane} from "./decode.js";

/** What the page asks of the worker; every request is answered with its `id`. */
export type DecodeRequest =
  | {readonly id: number; readonly kind: "open"; readonly name: string; readonly bytes: Uint8Array}
  | {readonly id: number; readonly kind: "cut"; readonly volume: number; readonly cut: Cut}
  | {readonly id: number; readonly kind: "forget"; readonly volume: number};

export type DecodeAnswer =
  | {readonly id: number; readonly error: string}
  | {readonly id: number; readonly kind: "image"; readonly plane: Plane}
  | {readonly id: number; readonly kind: "volume"; readonly volume: number; readonly facts: VolumeFacts}
  | {readonly id: number; readonly kind: "forgotten"};

const volumes = new Map<number, Volume>();

self.addEventListener("message", async ({data}: MessageEvent<DecodeRequest>) => {
  try {
    self.postMessage(await answer(data));
  } catch (error) {
    self.postMessage({id: data.id, error: (error as Error).message} satisfies DecodeAnswer);
  }
});

async function answer(request: DecodeRequest): Promise<DecodeAnswer> {
  const {id} = request;
  switch (request.kind) {
    case "open": {
      const given = await decodeGiven(request.bytes, request.name, codecSources);
      if (given.kind === "image") return {id, kind: "image", plane: given.plane};
      volumes.set(id, given.volume);
      return {id, kind: "volume", volume: id, facts: volumeFacts(given.volume)};
    }
    case "cut": {
      const volume = volumes.get(request.volume);
      if (volume === undefined) throw new Error("the file is no longer in memory: open it again");
      return {id, kind: "image", plane: volumePlane(volume, request.cut)};
    }
    case "forget":
      volumes.delete(request.volume);
      return {id, kind: "forgotten"};
  }
}
