/** What a search says, in the order in which it is read. */
import { code, type Document } from "../../document/document.ts";
import { inARow } from "../conclusions/wording.ts";
import { methodTitle } from "../view.ts";
import { answerSection } from "./answer-section.ts";
import { decidedSection, failuresSection, repeatSection } from "./decided-sections.ts";
import { importanceSection } from "./importance-section.ts";
import type { ReportedSearch } from "./reported-search.ts";
import { bestSection, progressSection, trialsSection } from "./trials-sections.ts";

export const SEARCH_TITLE = "Options, searched";

export function searchDocument(view: ReportedSearch): Document {
  const { methods, model, data } = view.search;
  const sections = [
    answerSection(view),
    trialsSection(view),
    importanceSection(view),
    bestSection(view),
    progressSection(view),
    failuresSection(view),
    decidedSection(view),
    repeatSection(view),
  ];
  return {
    title: SEARCH_TITLE,
    subtitle: [`${inARow(methods.map(({ method }) => methodTitle(method)))} on `, code(data), ", from ", code(model)],
    sections: sections.filter((section) => section !== undefined),
  };
}
