/** The runs that are followed: one stream of the server for all of them, which goes on by itself where it was cut. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { RunNews } from "../app-types.ts";
import { Curves } from "./curves.ts";

/** Curves by the path of their run; the object is another one whenever something was added. */
export type Followed = ReadonlyMap<string, Curves>;

const AGAIN = 2000;

export function useNews(paths: readonly string[]): Followed {
  const [followed, setFollowed] = useState<Followed>(new Map());
  const frame = useRef(0);
  const key = paths.join("\n");
  useEffect(() => {
    const asked = key === "" ? [] : key.split("\n");
    let source: EventSource | undefined;
    let timer = 0;
    const open = () => {
      const curves = new Map(asked.map((path) => [path, new Curves()]));
      const show = () => {
        frame.current = 0;
        setFollowed(new Map(curves));
      };
      source = new EventSource(`/api/news?${new URLSearchParams(asked.map((path) => ["run", path]))}`);
      source.onmessage = ({ data }) => {
        const news = JSON.parse(data as string) as RunNews;
        curves.get(asked[news.run]!)?.see(news);
        // Many messages may come at once.
        frame.current ||= requestAnimationFrame(show);
      };
      source.onerror = () => {
        // The browser tries again by itself, but not where the server refused.
        if (source?.readyState === EventSource.CLOSED) timer = window.setTimeout(open, AGAIN);
      };
      show();
    };
    if (asked.length > 0) open();
    else setFollowed(new Map());
    return () => {
      source?.close();
      clearTimeout(timer);
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    };
  }, [key]);
  return followed;
}
