import { ask } from '../api/client.ts';
import type { ServiceDetail } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Form, TextArea, type Values } from '../ui/form.tsx';

const lineOf = ({ id, hardness }: ServiceDetail['dependsOn'][number]): string =>
  hardness === 'soft' ? `${id} soft` : id;

/** What a service stands on, a line each: short to type, and the same words as in hugops.yaml. */
export function EditDependencies({ service, close }: { service: ServiceDetail; close: () => void }) {
  const send = async (values: Values): Promise<void> => {
    const lines = values
      .text('dependsOn')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    const dependsOn = lines.map((line) => {
      const [on = '', hardness = 'hard'] = line.split(/\s+/);
      return { on, hardness };
    });
    await ask('PUT', `/api/v1/services/${encodeURIComponent(service.id)}/dependencies`, { dependsOn });
    close();
    await refreshAll();
  };
  return (
    <Form send={send} submit="Save">
      <TextArea
        name="dependsOn"
        label="Needs, one a line"
        hint="A service’s id, or an upstream such as aws/us-east-1/dynamodb. Write “soft” behind what it can work without."
        defaultValue={service.dependsOn.map(lineOf).join('\n')}
        rows={6}
      />
    </Form>
  );
}
