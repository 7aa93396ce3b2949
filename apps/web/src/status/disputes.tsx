import type { ReactElement } from "react"
import { useSession } from "../workspace/context.ts"
import type { Dispute } from "../workspace/disputes.ts"
import { useDisputes } from "../workspace/hooks.ts"

export interface DisputesProps {
  readonly dataset: string
  readonly canEdit: boolean
}

/** What several people wrote to one field without having seen each other: what is in force, and every other value to choose. */
export function Disputes({ dataset, canEdit }: DisputesProps): ReactElement | null {
  const disputes = useDisputes(dataset)
  if (disputes.length === 0) return null
  return (
    <section aria-labelledby="disputes-title" className="details-section" data-testid="disputes">
      <h3 id="disputes-title">
        Written at the same time <span className="quiet">{disputes.length}</span>
      </h3>
      <ul className="targets">
        {disputes.map((dispute) => (
          <DisputeLine key={dispute.key} dispute={dispute} canEdit={canEdit} />
        ))}
      </ul>
    </section>
  )
}

function DisputeLine({ dispute, canEdit }: { readonly dispute: Dispute; readonly canEdit: boolean }): ReactElement {
  const { edits } = useSession()
  return (
    <li className="target dispute" data-testid="dispute" data-id={dispute.id} data-field={dispute.field}>
      <span className="target-name breaks">{dispute.title}</span>
      <span className="dispute-choices">
        {dispute.choices.map((choice, at) => (
          <button
            key={choice.text}
            type="button"
            className="button"
            data-testid="dispute-choice"
            disabled={!canEdit}
            aria-pressed={at === 0 && dispute.hasWinner}
            onClick={() => edits.choose(dispute, choice)}
          >
            {choice.text}
          </button>
        ))}
        {dispute.hasWinner ? null : (
          <button
            type="button"
            className="button button-quiet-danger"
            data-testid="dispute-discard"
            disabled={!canEdit}
            onClick={() => edits.choose(dispute, undefined)}
          >
            Discard
          </button>
        )}
      </span>
      <span className="target-reason">{dispute.meaning}</span>
    </li>
  )
}
