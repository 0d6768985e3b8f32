import {type Configuration, referenceConfiguration, type StudyLayout} from "./roles.js";
import {type ResultRow, rowsOf} from "./rows.js";

/** A study as one of its sets has it: its arms are those with rows there. */
export function onSet(study: StudyLayout, rows: readonly ResultRow[], set: string): StudyLayout {
  return {...study, arms: study.arms.filter(({id}) => rowsOf(rows, {set, arm: id}).length > 0)};
}

/** `referenceConfiguration` of one set: a study may train a generator for each of its sets, under a name of its own. */
export function referenceOn(study: StudyLayout, rows: readonly ResultRow[], set: string): Configuration | null {
  return referenceConfiguration(onSet(study, rows, set));
}
