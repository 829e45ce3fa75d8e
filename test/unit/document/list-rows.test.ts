import { describe, expect, test } from "vitest";
import { firstQuery, type ListData, type ListQuery, ListRows, shownCell } from "../../../src/document/list-rows.ts";

const data: ListData = {
  noun: ["answer", "answers"],
  columns: [
    {
      title: "Text",
      kind: "text",
      names: ["Great film", "a GREAT mess", "ﬁne", "item 10", "item 9"],
      cells: [0, 1, 2, 3, 4],
    },
    { title: "Label", kind: "choice", names: ["good", "bad"], cells: [0, 1, 0, 1, 1], chosen: 1 },
    { title: "Confidence", kind: "share", cells: [0.5, 0.9, 0.5, 0.25, 1] },
    { title: "Id", kind: "text", names: ["x1", "x2"], cells: [0, 0, 1, 1, 0], hidden: true },
  ],
  details: [],
};
const rows = new ListRows(data);
const ask = (query: Partial<ListQuery>) => rows.of({ search: "", chosen: new Map(), sorted: undefined, ...query });

describe("rows of a list", () => {
  test("are at first those that a column chooses", () => {
    expect(rows.of(firstQuery(data))).toEqual([1, 3, 4]);
  });

  test("are found by all words, in capitals or not, in any text", () => {
    expect(ask({ search: "great" })).toEqual([0, 1]);
    expect(ask({ search: " great  MESS " })).toEqual([1]);
    expect(ask({ search: "fine" })).toEqual([2]);
    expect(ask({ search: "x2 item" })).toEqual([3]);
    expect(ask({ search: "good" })).toEqual([]); // That is a label.
    expect(ask({})).toHaveLength(5);
  });

  test("are chosen by names of several columns at once", () => {
    expect(ask({ chosen: new Map([[1, 0]]) })).toEqual([0, 2]);
    expect(ask({ chosen: new Map([[1, 0]]), search: "great" })).toEqual([0]);
  });

  test("are sorted by figures and by names, and equal ones stay as they are", () => {
    expect(ask({ sorted: { column: 2, descending: false } })).toEqual([3, 0, 2, 1, 4]);
    expect(ask({ sorted: { column: 2, descending: true } })).toEqual([4, 1, 0, 2, 3]);
    expect(ask({ search: "item", sorted: { column: 0, descending: false } })).toEqual([4, 3]); // 9 before 10.
  });

  test("are counted for each name, as all else is chosen", () => {
    const query = { search: "item", chosen: new Map([[1, 0]]), sorted: undefined };
    expect(rows.of(query)).toEqual([]);
    expect(rows.counts(1, query)).toEqual([0, 2]);
  });
});

test("cells say names and figures", () => {
  expect(shownCell(data.columns[1]!, 1)).toBe("bad");
  expect(shownCell({ kind: "share" }, 0.123)).toBe("12.3 %");
  expect(shownCell({ kind: "number" }, 1234)).toBe("1,234");
});
