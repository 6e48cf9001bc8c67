#include "lib/base/journal_owner.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/digest.h"
#include "lib/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWNER_TEXT_MAX 1024
#define BOOT_MAX       64
#define ID_DIGITS      16
#define FIRST_LINE     "volley journal 1"
#define REPLAYED       "replayed"

static const char *const policy_names[] = {
    [JOURNAL_PROCESS] = "process",
    [JOURNAL_DISK] = "disk",
};

const char *
journal_policy_name(enum journal_policy p)
{
	return policy_names[p];
}

bool
journal_policy_parse(struct str name, enum journal_policy *out)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(policy_names); i++)
		if (str_eq(name, str_of(policy_names[i]))) {
			*out = (enum journal_policy)i;
			return true;
		}
	return false;
}

static bool
fail(struct err *err, const char *what, const char *path)
{
	return err_set(err,
	    errno == ENOSPC || errno == EDQUOT ? FAIL_LIMIT : FAIL_IO,
	    "journal: %s %s: %s", what, path, strerror(errno));
}

/* Which start of the system this is; empty where nobody says. */
static void
boot_id(char out[BOOT_MAX])
{
	struct err err;
	struct buf b;

	buf_init(&b, BOOT_MAX - 1);
	if (!file_read("/proc/sys/kernel/random/boot_id", &b, &err))
		buf_reset(&b);
	snprintf(out, BOOT_MAX, "%.*s", STR_ARG(str_trim(buf_view(&b))));
	buf_release(&b);
}

static bool
name_file(char out[JOURNAL_PATH_MAX], const char *folder, const char *file)
{
	return snprintf(out, JOURNAL_PATH_MAX, "%s/%s", folder, file) <
	       JOURNAL_PATH_MAX;
}

/* False: somebody has it, or there is none; errno says. */
static bool
lock_owner(struct journal_owner *o, const char *folder, int flags)
{
	char path[JOURNAL_PATH_MAX];

	o->fd = -1;
	errno = ENAMETOOLONG;
	if (!name_file(path, folder, "owner"))
		return false;
	o->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	if (o->fd < 0)
		return false;
	if (flock(o->fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	close(o->fd);
	o->fd = -1;
	errno = EWOULDBLOCK;
	return false;
}

static bool
write_owner(struct journal_owner *o, struct err *err)
{
	char boot[BOOT_MAX];
	struct buf text;
	ssize_t n;
	bool ok;

	boot_id(boot);
	buf_init(&text, OWNER_TEXT_MAX);
	buf_printf(&text, "%s\nholder %s\ninstance %s\nsync %s\nboot %s\n",
	    FIRST_LINE, o->holder, o->instance, policy_names[o->policy], boot);
	n = write(o->fd, buf_cstr(&text), text.n);
	ok = n == (ssize_t)text.n &&
	     (o->policy != JOURNAL_DISK || fdatasync(o->fd) == 0);
	if (!ok)
		fail(err, "write owner of", o->folder);
	buf_release(&text);
	return ok;
}

/* It is seen by others only when it is locked and says whose it is. */
static bool
make(struct journal_owner *o, const char *made, struct err *err)
{
	if (mkdir(made, 0700) != 0)
		return fail(err, "make folder", made);
	if (!lock_owner(o, made, O_CREAT | O_EXCL))
		return fail(err, "make", made);
	if (!write_owner(o, err))
		return false;
	return rename(made, o->folder) == 0 || fail(err, "rename", made);
}

static bool
sync_folders(const struct journal_owner *o, const char *journals,
    struct err *err)
{
	char parent[JOURNAL_PATH_MAX];

	if (o->policy != JOURNAL_DISK)
		return true;
	return journal_segment_sync_names(o->folder, err) &&
	       journal_segment_sync_names(journals, err) &&
	       (!name_file(parent, journals, "..") ||
		   journal_segment_sync_names(parent, err));
}

static void
remove_files(const char *folder, struct str ending)
{
	char path[JOURNAL_PATH_MAX];
	struct dirent *e;
	DIR *dir = opendir(folder);

	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.' && strcmp(e->d_name, "owner") != 0 &&
		    str_ends(str_of(e->d_name), ending) &&
		    name_file(path, folder, e->d_name))
			unlink(path);
	if (dir != NULL)
		closedir(dir);
}

/* `owner` last, so that what is left of it stays one's own. */
static void
remove_folder(const char *folder)
{
	char path[JOURNAL_PATH_MAX];

	remove_files(folder, STR_NONE);
	if (name_file(path, folder, "owner"))
		unlink(path);
	rmdir(folder);
}

bool
journal_owner_new(struct journal_owner *o, const char *journals,
    const char *holder, const char *instance, enum journal_policy policy,
    struct err *err)
{
	char made[JOURNAL_PATH_MAX];

	*o = (struct journal_owner){.fd = -1,
	    .same_boot = true,
	    .replayed_s = -1};
	o->policy = policy;
	snprintf(o->holder, sizeof(o->holder), "%s", holder);
	snprintf(o->instance, sizeof(o->instance), "%s", instance);
	if (!file_mkdirs(journals, 0700, err))
		return false;
	random_bytes(&o->id, sizeof(o->id));
	if (snprintf(o->folder, sizeof(o->folder), "%s/%016llx", journals,
		(unsigned long long)o->id) >= (int)sizeof(o->folder) ||
	    snprintf(made, sizeof(made), "%s.new", o->folder) >=
		(int)sizeof(made))
		return err_set(err, FAIL_LIMIT,
		    "journal: the folder's name is too long");
	if (make(o, made, err) && sync_folders(o, journals, err))
		return true;
	remove_folder(o->folder);
	remove_folder(made);
	journal_owner_release(o);
	return false;
}

void
journal_owner_release(struct journal_owner *o)
{
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
}

static bool
rename_away(struct journal_owner *o, const char *ending, struct err *err)
{
	char to[JOURNAL_PATH_MAX];

	if (snprintf(to, sizeof(to), "%s.%s", o->folder, ending) >=
	    (int)sizeof(to))
		return err_set(err, FAIL_LIMIT,
		    "journal: the folder's name is too long");
	if (rename(o->folder, to) != 0)
		return fail(err, "rename", o->folder);
	memcpy(o->folder, to, sizeof(to));
	return true;
}

bool
journal_owner_remove(struct journal_owner *o, struct err *err)
{
	bool ok = rename_away(o, "done", err);

	if (ok)
		remove_folder(o->folder); /* or the next who comes by */
	journal_owner_release(o);
	return ok;
}

bool
journal_owner_replayed(struct journal_owner *o, struct err *err)
{
	char path[JOURNAL_PATH_MAX];
	int fd = -1;

	if (name_file(path, o->folder, REPLAYED))
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		journal_owner_release(o);
		return fail(err, "create", path);
	}
	close(fd);
	remove_files(o->folder, STR(".seg"));
	journal_owner_release(o);
	return true;
}

bool
journal_owner_set_apart(struct journal_owner *o, struct err *err)
{
	bool ok = rename_away(o, "damaged", err);

	journal_owner_release(o);
	return ok;
}

bool
journal_orphans_open(struct journal_orphans *s, const char *journals,
    struct err *err)
{
	snprintf(s->folder, sizeof(s->folder), "%s", journals);
	s->dir = opendir(journals);
	if (s->dir == NULL && errno != ENOENT)
		return fail(err, "open", journals);
	return true;
}

void
journal_orphans_close(struct journal_orphans *s)
{
	if (s->dir != NULL)
		closedir(s->dir);
	s->dir = NULL;
}

static bool
parse_id(const char *name, uint64_t *id)
{
	size_t i;

	*id = 0;
	for (i = 0; i < ID_DIGITS; i++) {
		if (name[i] >= '0' && name[i] <= '9')
			*id = *id << 4 | (uint64_t)(name[i] - '0');
		else if (name[i] >= 'a' && name[i] <= 'f')
			*id = *id << 4 | (uint64_t)(name[i] - 'a' + 10);
		else
			return false;
	}
	return true;
}

static void
take_value(struct str line, struct str name, char *out, size_t size)
{
	if (str_starts(line, name))
		snprintf(out, size, "%.*s", STR_ARG(str_from(line, name.n)));
}

/* False: it says nothing that we understand. */
static bool
read_owner(struct journal_owner *o)
{
	char bytes[OWNER_TEXT_MAX], policy[16] = "";
	char boot[BOOT_MAX] = "", here[BOOT_MAX];
	struct str rest = {bytes, 0}, line;
	ssize_t n = pread(o->fd, bytes, sizeof(bytes), 0);

	rest.n = n > 0 ? (size_t)n : 0;
	if (!str_cut(&rest, '\n', &line) || !str_eq(line, STR(FIRST_LINE)))
		return false;
	while (str_cut(&rest, '\n', &line)) {
		take_value(line, STR("holder "), o->holder, sizeof(o->holder));
		take_value(line, STR("instance "), o->instance,
		    sizeof(o->instance));
		take_value(line, STR("sync "), policy, sizeof(policy));
		take_value(line, STR("boot "), boot, sizeof(boot));
	}
	boot_id(here);
	o->same_boot = boot[0] != '\0' && strcmp(boot, here) == 0;
	return journal_policy_parse(str_of(policy), &o->policy) &&
	       o->holder[0] != '\0';
}

static int64_t
age_of(const struct journal_owner *o)
{
	char path[JOURNAL_PATH_MAX];
	struct stat st;
	int64_t age;

	if (!name_file(path, o->folder, REPLAYED) || stat(path, &st) != 0)
		return -1;
	age = clock_wall_us() / 1000000 - (int64_t)st.st_mtime;
	return age > 0 ? age : 0;
}

/* The lock is worth something only while the file stands where it was. */
static bool
is_still_there(const struct journal_owner *o)
{
	char path[JOURNAL_PATH_MAX];
	struct stat mine, there;

	return name_file(path, o->folder, "owner") &&
	       fstat(o->fd, &mine) == 0 && stat(path, &there) == 0 &&
	       mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

/* Locks it if nobody has it.  False: errno says. */
static bool
take(struct journal_owner *o, const char *journals, const char *name)
{
	*o = (struct journal_owner){.fd = -1};
	errno = ENAMETOOLONG;
	if (snprintf(o->folder, sizeof(o->folder), "%s/%s", journals, name) >=
		(int)sizeof(o->folder) ||
	    !lock_owner(o, o->folder, 0))
		return false;
	if (is_still_there(o))
		return true;
	journal_owner_release(o);
	errno = ENOENT;
	return false;
}

/* Its maker, or who removed it, is dead. */
static void
tidy(const char *journals, const char *name)
{
	struct journal_owner o;

	if (!take(&o, journals, name)) {
		/* An empty one has no file to lock. */
		if (errno == ENOENT)
			rmdir(o.folder);
		return;
	}
	remove_folder(o.folder);
	journal_owner_release(&o);
}

bool
journal_orphans_next(struct journal_orphans *s, struct journal_owner *o)
{
	struct dirent *e;
	uint64_t id;

	while (s->dir != NULL && (e = readdir(s->dir)) != NULL) {
		if (strlen(e->d_name) < ID_DIGITS || !parse_id(e->d_name, &id))
			continue;
		if (strcmp(e->d_name + ID_DIGITS, ".new") == 0 ||
		    strcmp(e->d_name + ID_DIGITS, ".done") == 0)
			tidy(s->folder, e->d_name);
		if (e->d_name[ID_DIGITS] != '\0' ||
		    (!take(o, s->folder, e->d_name) &&
			(errno == EWOULDBLOCK || errno == ENOENT)))
			continue;
		o->id = id;
		o->replayed_s = age_of(o);
		if (o->fd < 0 || !read_owner(o))
			o->holder[0] = '\0';
		return true;
	}
	return false;
}
