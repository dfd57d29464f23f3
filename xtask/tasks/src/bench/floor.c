/* What a login costs at the least: OpenLDAP's own library does what has to be asked for a login, in
 * several processes that begin together, and nobody decides anything.
 *
 * ldap_floor URI CA BASE ACCOUNT PASSWORD STEPS CALLERS < LOGINS
 *
 * STEPS are some of s(earch), b(ind) and m(odify), on connections that stay open, or f(resh): all of it
 * without the change on a connection for each login. A login is a line "user password". It writes what
 * pam_load writes: see tests/src/bin/pam_load. */
#define _GNU_SOURCE
#include <ldap.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NAME = 64, MOST = 100000, NOTE = 90 };

struct login { char user[NAME], password[NAME]; };
struct end { long long took, over; int refused; };

/* What all processes see. */
struct shared { pthread_barrier_t begin; struct end ends[MOST]; };

static char **argument;
static pid_t parent;
static struct login logins[MOST];

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void check(int code, const char *what)
{
    if (code == LDAP_SUCCESS)
        return;
    fprintf(stderr, "ldap_floor: %s: %s\n", what, ldap_err2string(code));
    /* The others wait for this one. */
    if (getpid() != parent)
        kill(parent, SIGTERM);
    _exit(1);
}

/* Whether the directory takes the password. */
static int bound(LDAP *ldap, const char *dn, const char *password)
{
    struct berval value = { strlen(password), (char *)password };
    int code = ldap_sasl_bind_s(ldap, dn, LDAP_SASL_SIMPLE, &value, NULL, NULL, NULL);
    if (code != LDAP_INVALID_CREDENTIALS)
        check(code, "bind");
    return code == LDAP_SUCCESS;
}

/* A connection of the service account. */
static LDAP *connection(void)
{
    LDAP *ldap;
    int version = 3;
    check(ldap_initialize(&ldap, argument[1]), "initialize");
    check(ldap_set_option(ldap, LDAP_OPT_PROTOCOL_VERSION, &version), "version");
    if (!bound(ldap, argument[4], argument[5]))
        check(LDAP_INVALID_CREDENTIALS, argument[4]);
    return ldap;
}

static int found(LDAP *ldap, const char *user)
{
    char filter[NAME + 8], *attributes[] = { "description", NULL };
    LDAPMessage *result;
    snprintf(filter, sizeof filter, "(uid=%s)", user);
    check(ldap_search_ext_s(ldap, argument[3], LDAP_SCOPE_SUBTREE, filter, attributes, 0, NULL, NULL,
                            NULL, 0, &result), "search");
    int count = ldap_count_entries(ldap, result);
    ldap_msgfree(result);
    return count == 1;
}

/* Changes a value that no login reads, to one that was never there: as long as monk's record of a use. */
static void change(LDAP *ldap, const char *dn)
{
    char note[NOTE + 1], *values[] = { note, NULL };
    LDAPMod replace = { .mod_op = LDAP_MOD_REPLACE, .mod_type = "description" };
    LDAPMod *changes[] = { &replace, NULL };
    snprintf(note, sizeof note, "%0*lld", NOTE, now());
    replace.mod_values = values;
    check(ldap_modify_ext_s(ldap, dn, changes, NULL, NULL), "modify");
}

/* One login; whether it is refused. */
static int refused(LDAP *service, LDAP *user, const struct login *login, const char *steps)
{
    char dn[512];
    int fresh = *steps == 'f';
    snprintf(dn, sizeof dn, "uid=%s,%s", login->user, argument[3]);
    if (fresh)
        service = user = connection();
    int no = (fresh || strchr(steps, 's')) && !found(service, login->user);
    no = no || ((fresh || strchr(steps, 'b')) && !bound(user, dn, login->password));
    if (!no && strchr(steps, 'm'))
        change(service, dn);
    if (fresh)
        ldap_unbind_ext_s(service, NULL, NULL);
    return no;
}

static void be_caller(struct shared *shared, int number, int callers, int count)
{
    const char *steps = argument[6];
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    LDAP *service = *steps == 'f' ? NULL : connection(), *user = service ? connection() : NULL;
    pthread_barrier_wait(&shared->begin);
    for (int i = number; i < count; i += callers) {
        long long begin = now();
        int no = refused(service, user, &logins[i], steps);
        long long over = now();
        shared->ends[i] = (struct end){ over - begin, over, no };
    }
    _exit(0);
}

/* The rate is that of the time in which all callers are at it. */
static void tell(const struct end *ends, int callers, int count, long long begin)
{
    long long last = begin, all_at_it = 0;
    int refused = 0, let_in = 0;
    for (int i = 0; i < count; i++) {
        refused += ends[i].refused;
        last = ends[i].over > last ? ends[i].over : last;
        if (i >= count - callers && (all_at_it == 0 || ends[i].over < all_at_it))
            all_at_it = ends[i].over;
    }
    for (int i = 0; i < count; i++)
        let_in += !ends[i].refused && ends[i].over <= all_at_it;
    printf("{\"seconds\":%f,\"rate\":%f,\"ends\":{\"PAM_SUCCESS\":%d,\"PAM_AUTH_ERR\":%d},\"nanos\":[",
           (last - begin) / 1e9, let_in * 1e9 / (all_at_it - begin + 1), count - refused, refused);
    for (int i = 0; i < count; i++)
        printf("%s%lld", i ? "," : "", ends[i].took);
    printf("]}\n");
}

int main(int arguments, char **given)
{
    if (arguments != 8)
        return 2;
    argument = given;
    parent = getpid();
    int callers = atoi(given[7]), count = 0, demand = LDAP_OPT_X_TLS_DEMAND, status, failed = 0;
    while (count < MOST && scanf("%63s %63s", logins[count].user, logins[count].password) == 2)
        count++;
    check(ldap_set_option(NULL, LDAP_OPT_X_TLS_CACERTFILE, given[2]), "authority");
    check(ldap_set_option(NULL, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand), "demand");
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    callers = callers < count ? callers : count;
    if (shared == MAP_FAILED || callers < 1)
        return 2;
    pthread_barrierattr_t between;
    pthread_barrierattr_init(&between);
    pthread_barrierattr_setpshared(&between, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&shared->begin, &between, callers + 1);
    for (int number = 0; number < callers; number++)
        if (fork() == 0)
            be_caller(shared, number, callers, count);
    pthread_barrier_wait(&shared->begin);
    long long begin = now();
    while (wait(&status) > 0)
        failed |= status;
    if (!failed)
        tell(shared->ends, callers, count, begin);
    return failed != 0;
}
