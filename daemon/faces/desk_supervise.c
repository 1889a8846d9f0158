// SPDX-License-Identifier: Apache-2.0
// A supervisor's wish from their desk: into the log like every other command, with the desk's session and client_id, so that
// it is done once and answered once. Only tokens of supervisors and admins may; the rest is judged in the fold.
#include <stdio.h>

#include "daemon/faces/desk.h"
#include "daemon/faces/supervise.h"

bool desk_supervise(struct desk *d, struct desk_pending *p, struct desk_fault *f)
{
    Throughline__V1__Supervise *s = p->command->supervise;
    const char *field = NULL, *wrong;
    char key[160], by[ROUTER_NAME_MAX + 1];
    if (!(d->who.role & (AUTH_SUPERVISOR | AUTH_ADMIN))) {
        *f = (struct desk_fault){"forbidden", "supervise", "the token is not a supervisor's"};
        return false;
    }
    wrong = supervise_wrong(d->all->face, s, d->agent, &field);
    if (wrong) {
        *f = (struct desk_fault){"invalid_field", field, wrong};
        return false;
    }
    supervise_by(&d->who, by);
    Throughline__V1__SuperviseInput what = THROUGHLINE__V1__SUPERVISE_INPUT__INIT;
    Throughline__V1__Input in = THROUGHLINE__V1__INPUT__INIT;
    what.what = s;
    what.by = *d->agent ? d->agent : by;
    what.session = d->session;
    what.client_id = p->command->client_id;
    in.kind_case = THROUGHLINE__V1__INPUT__KIND_SUPERVISE;
    in.supervise = &what;
    snprintf(key, sizeof key, "%s:%s", d->session, p->command->client_id);
    if (!p->audited)
        supervise_audit(d->all->face, &d->who, s);
    p->audited = true;
    core_command(d->all->face->core, &in, key, 0, NULL, 0, desk_on_stored, d->all, p->id);
    return true;
}
