/** Where one is in the application: the part of the address behind #, so that reload and the browser's arrows work. */
import { useEffect, useState } from "preact/hooks";

export interface Place {
  readonly page: string;
  readonly query: URLSearchParams;
}

const placeNow = (): Place => {
  const [page = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { page: page || "runs", query: new URLSearchParams(query) };
};

export function usePlace(): Place {
  const [place, setPlace] = useState(placeNow);
  useEffect(() => {
    const see = () => setPlace(placeNow());
    addEventListener("hashchange", see);
    return () => removeEventListener("hashchange", see);
  }, []);
  return place;
}

export type Query = Readonly<Record<string, string | readonly string[]>>;

export function linkTo(page: string, query: Query = {}): string {
  const pairs = Object.entries(query).flatMap(([key, values]) => [values].flat().map((value) => [key, value]));
  return pairs.length === 0 ? `#/${page}` : `#/${page}?${new URLSearchParams(pairs as string[][])}`;
}

export const goTo = (page: string, query?: Query): void => {
  location.hash = linkTo(page, query);
};

/** The same without an entry in the browser's history: for what is changed on one page. */
export function replacePlace(page: string, query?: Query): void {
  history.replaceState(null, "", linkTo(page, query));
  dispatchEvent(new HashChangeEvent("hashchange"));
}
