//! `libnss_monk.so.2`: names of the directory for every program of the host.
