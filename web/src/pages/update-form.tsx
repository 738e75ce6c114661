import { useState } from 'react';
import { type Phase, phases } from '../../../src/domain/words.ts';
import { post } from '../api/client.ts';
import type { IncidentDetail, PublicUpdate } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Choice, Form, TextArea } from '../ui/form.tsx';
import { Icon } from '../ui/icons.tsx';
import { shownPhase } from '../ui/states.tsx';
import { suggestionFor } from './update-texts.ts';

/** A public update: where things stand, and words that are suggested by the phase until a person has touched them. */
export function UpdateForm({ incident, close }: { incident: IncidentDetail; close: () => void }) {
  const service = incident.service?.name;
  const [phase, setPhase] = useState<Phase>(incident.phase);
  const [body, setBody] = useState(suggestionFor(incident.phase, service));
  const choose = (next: Phase): void => {
    if (body.trim() === '' || body === suggestionFor(phase, service)) setBody(suggestionFor(next, service));
    setPhase(next);
  };
  const send = async (): Promise<void> => {
    const update: PublicUpdate = { phase, body };
    await post(`/api/v1/incidents/${encodeURIComponent(incident.id)}/updates`, update);
    close();
    await refreshAll();
  };
  return (
    <Form send={send} submit={phase === 'resolved' ? 'Publish and resolve' : 'Publish'}>
      <Choice
        legend="Where things stand"
        name="phase"
        value={phase}
        onChange={choose}
        options={phases.map((value) => ({
          value,
          label: (
            <>
              <Icon name={shownPhase[value].icon} />
              {shownPhase[value].word}
            </>
          ),
        }))}
      />
      <TextArea
        name="body"
        label="What the public reads"
        value={body}
        onChange={(event) => setBody(event.target.value)}
        required
        maxLength={5_000}
        rows={5}
        hint={
          incident.isPublic
            ? 'It shows on the status page within a second and goes out to subscribers.'
            : 'This puts the incident on the status page and goes out to subscribers.'
        }
      />
    </Form>
  );
}
