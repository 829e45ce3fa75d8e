/** Something new: which data, which model, which methods; how long it will take; the same as a command. */
import { useEffect, useState } from "preact/hooks";
import { roughly } from "../../base/format.ts";
import type { Choices, DataLook, DataQuestion, FolderListing, PlanLook, TimeEstimate } from "../app-types.ts";
import { ask, messageOf } from "./ask.ts";
import { Action, Copyable, Notice } from "./common.tsx";
import { DataChoice } from "./data-choice.tsx";
import { MethodChoice } from "./method-choice.tsx";
import { MoreOptions } from "./more-options.tsx";
import { emptyPlan, nameFor, type Plan, planAgain, planOf } from "./new-plan.ts";
import { goTo, type Place } from "./router.ts";
import { SourceField } from "./source-field.tsx";
import { useAnswer } from "./use-answer.ts";

export function NewPage({ listing, place }: { readonly listing: FolderListing; readonly place: Place }) {
  const [choices, setChoices] = useState<Choices>();
  const [plan, setPlan] = useState<Plan>();
  const [problem, setProblem] = useState("");
  const [run, study] = [place.query.get("run"), place.query.get("study")];
  useEffect(() => {
    const begin = async () => {
      const found = await ask<Choices>("/api/choices");
      const again =
        run !== null
          ? ask<{ plan: object }>("/api/run", { query: { path: run } })
          : study !== null
            ? ask<{ plan: object }>("/api/study", { query: { path: study } })
            : undefined;
      setPlan(again ? planAgain((await again).plan as Record<string, unknown>) : emptyPlan(found));
      setChoices(found);
    };
    begin().catch((error) => setProblem(messageOf(error)));
  }, [run, study]);
  if (problem) return <Notice bad>{problem}</Notice>;
  if (!choices || !plan) return null;
  return <Form listing={listing} choices={choices} plan={plan} setPlan={setPlan} />;
}

interface FormProps {
  readonly listing: FolderListing;
  readonly choices: Choices;
  readonly plan: Plan;
  readonly setPlan: (plan: Plan) => void;
}

function Form({ listing, choices, plan, setPlan }: FormProps) {
  const [name, setName] = useState("");
  const change = (part: Partial<Plan>) => setPlan({ ...plan, ...part });
  const { data, reading } = plan;
  const question: DataQuestion | undefined = data === "" ? undefined : { data, ...reading };
  const look = useAnswer<DataLook>("/api/look", question);
  const out = name || nameFor(plan, listing);
  const asked = data === "" ? undefined : { plan: planOf(plan), out };
  const meaning = useAnswer<PlanLook>("/api/plan", asked);
  const isReady = meaning.value !== undefined && !meaning.isBusy && look.value?.problem === undefined;
  const start = async () => {
    await ask("/api/start", { body: asked });
    goTo("runs", { study: out });
  };
  return (
    <>
      <h1>New study</h1>
      <p class="quiet">
        Trains with each method that you choose, measures all of them in the same way, and writes a report.
      </p>
      <section>
        <h2>1. Data</h2>
        <DataChoice listing={listing} choices={choices} plan={plan} change={change} look={look} />
      </section>
      <section>
        <h2>2. Model</h2>
        <SourceField
          label="Encoder"
          note="In this folder, with Attune, or by its name on the Hugging Face Hub, which is then fetched."
          value={plan.model}
          choices={[...choices.models, ...listing.models]}
          onChange={(model) => change({ model })}
        />
      </section>
      <section>
        <h2>3. Methods</h2>
        <MethodChoice choices={choices} plan={plan} change={change} />
      </section>
      <section>
        <details open={Object.keys(plan.more).length > 0}>
          <summary>More options</summary>
          <MoreOptions choices={choices} plan={plan} change={change} />
        </details>
      </section>
      <section class="panel">
        <h2>4. Start</h2>
        <label class="above">
          Folder of the study, which must be new
          <input value={out} onInput={({ currentTarget }) => setName(currentTarget.value)} spellcheck={false} />
        </label>
        <div class="summary" aria-live="polite">
          {data === "" && <p class="quiet">Choose data first.</p>}
          {meaning.problem && <Notice bad>{meaning.problem}</Notice>}
          {meaning.value && (
            <>
              <p>
                <strong>{meaning.value.runs === 1 ? "1 run" : `${meaning.value.runs} runs`}</strong>:{" "}
                {meaning.value.titles.join("; ")}.
              </p>
              {asked && <Estimate asked={asked} isReady={isReady} />}
              <p class="quiet">The same in a terminal, in {listing.folder}:</p>
              <Copyable text={meaning.value.command} name="the command" />
              {meaning.value.planFile && (
                <details>
                  <summary>{meaning.value.planFile.path}, which it reads</summary>
                  <Copyable text={meaning.value.planFile.text} name="the plan" />
                </details>
              )}
            </>
          )}
        </div>
        <div class="row">
          <Action main disabled={!isReady} work={start}>
            Start
          </Action>
          <span class="quiet">It goes on when this page is closed.</span>
        </div>
      </section>
    </>
  );
}

/** Measured on a sample, which takes some seconds for each kind of run: only when it is asked for. */
function Estimate({
  asked,
  isReady,
}: {
  readonly asked: { readonly plan: object; readonly out: string };
  readonly isReady: boolean;
}) {
  const key = JSON.stringify(asked.plan);
  const [found, setFound] = useState<TimeEstimate & { readonly key: string }>();
  const work = async () => setFound({ ...(await ask<TimeEstimate>("/api/estimate", { body: asked })), key });
  const isCurrent = found?.key === key;
  return (
    <div class="row">
      <Action disabled={!isReady} work={work}>
        How long will it take?
      </Action>
      <span aria-live="polite">
        {isCurrent &&
          `About ${roughly(found.seconds)} on this machine${found.unknown.length > 0 ? `, without ${found.unknown.join(", ")}, which could not be timed` : ""}.`}
      </span>
    </div>
  );
}
