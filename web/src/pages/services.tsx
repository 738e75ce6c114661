import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { post } from '../api/client.ts';
import { servicesQuery } from '../api/queries.ts';
import { useAllows } from '../api/session.ts';
import type { NewService, ServiceSummary } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { CheckField, Form, TextField, type Values } from '../ui/form.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { SheetButton } from '../ui/sheet.tsx';
import { Probes } from './probes.tsx';
import { ServiceRows } from './service-rows.tsx';

const route = getRouteApi('/member/services');

export function ServicesPage() {
  const query = useQuery(servicesQuery);
  const { add } = route.useSearch();
  const router = useRouter();
  const mayAdd = useAllows('admin');
  const forget = (): void => {
    if (add) void router.navigate({ to: '/services', search: {}, replace: true });
  };
  const addOne = mayAdd ? (
    <SheetButton
      label="Add a service"
      title="Add a service"
      icon="plus"
      look="primary"
      initiallyOpen={add === true}
      onClosed={forget}
    >
      {(close) => <AddServiceForm close={close} />}
    </SheetButton>
  ) : null;
  return (
    <Page
      title="Services"
      actions={
        <>
          <Link to="/dependencies" className="link self-center">
            Dependencies
          </Link>
          {addOne}
        </>
      }
    >
      <Loaded query={query} rows={5}>
        {({ services }) =>
          services.length === 0 ? (
            <Empty>
              No service yet. Add what people depend on: a website, an API, a nightly job. Or describe them in
              hugops.yaml.
            </Empty>
          ) : (
            <Listed services={services} />
          )
        }
      </Loaded>
      <div className="mt-10">
        <Probes />
      </div>
    </Page>
  );
}

// Fewer are taken in at a glance.
const worthFiltering = 9;

function Listed({ services }: { services: ServiceSummary[] }) {
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const found = services.filter((service) =>
    `${service.name} ${service.team?.name ?? ''}`.toLowerCase().includes(wanted),
  );
  return (
    <>
      {services.length < worthFiltering ? null : (
        <input
          type="search"
          aria-label="Find a service"
          placeholder="Find by name or team"
          className="field mb-4 sm:max-w-80"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      {found.length === 0 ? <Empty>No service is called that.</Empty> : <ServiceRows services={found} withOwner />}
    </>
  );
}

function AddServiceForm({ close }: { close: () => void }) {
  const router = useRouter();
  const send = async (values: Values): Promise<void> => {
    const body: NewService = {
      name: values.text('name'),
      description: values.text('description'),
      onStatusPage: values.checked('onStatusPage'),
    };
    const { id } = await post<{ id: string }>('/api/v1/services', body);
    close();
    await refreshAll();
    await router.navigate({ to: '/services/$id', params: { id } });
  };
  return (
    <Form send={send} submit="Add it">
      <TextField
        name="name"
        label="Name"
        required
        maxLength={100}
        autoCapitalize="words"
        placeholder="Checkout"
        hint="As people call it. The public reads it."
      />
      <TextField
        name="description"
        label="What it is for, if you like"
        maxLength={500}
        autoCapitalize="sentences"
        placeholder="Where customers pay"
      />
      <CheckField name="onStatusPage" label="Show it on the status page" defaultChecked />
    </Form>
  );
}
