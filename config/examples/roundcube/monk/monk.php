<?php

// /var/lib/roundcube/plugins/monk/monk.php, for Roundcube 1.6.
//
// Tells Dovecot the address of the browser before the login, in the command ID (RFC 2971). Dovecot believes it from
// machines in login_trusted_networks, and hands it to PAM in place of the address of the web mail.
//
// And ends the session where the string that was typed opens nothing any more: people see the page to sign in, and not
// an empty list.
class monk extends rcube_plugin
{
    public function init()
    {
        $this->add_hook('storage_connect', [$this, 'before_login']);
    }

    public function before_login($login)
    {
        if ($login['attempt'] > 1) {
            // The first one has failed, and it is not tried again.
            $this->end_session_of_refused();
            return ['retry' => false] + $login;
        }
        // Behind a proxy, that of the browser: as far as proxy_whitelist names the proxy.
        $address = rcube_utils::remote_addr();
        if (filter_var($address, FILTER_VALIDATE_IP)) {
            $login['preauth_ident'] = ['x-originating-ip' => $address];
        }
        return ['retry' => true] + $login;
    }

    private function end_session_of_refused()
    {
        $rcmail = rcmail::get_instance();
        $is_refused = $rcmail->storage->conn->resultcode === 'AUTHENTICATIONFAILED';
        if (!$is_refused || empty($rcmail->user->ID)) {
            return;
        }
        $rcmail->kill_session();
        // As Roundcube does itself when a session has expired: what somebody is writing stays in the browser.
        if ($rcmail->output->ajax_call || $rcmail->output->get_env('framed')) {
            $rcmail->output->command('session_error', $rcmail->url(['_err' => 'session']));
            $rcmail->output->send('iframe');
        }
        $rcmail->output->redirect(['_task' => 'login', '_err' => 'session']);
    }
}
